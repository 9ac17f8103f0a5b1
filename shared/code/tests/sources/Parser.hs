-- | Parses text.
module Example.Parser
  ( parse
  , Parser (..)
  ) where

import qualified Data.Map as Map
import Data.List (sortBy, nub)
import Example.Node

-- | A parser.
data Parser a = Parser
  { text :: String
  , size :: Int
  } | Empty

newtype Wrapper = Wrapper Int
type Names = [String]

class Visitor v where
  visit :: v -> Node -> IO ()

instance Visitor Wrapper where
  visit w n = helper n

-- | Parses it.
parse :: String -> Int -> Maybe (Parser a)
parse "" _ = Nothing
parse t n
  | n > 1 = Just (Parser t n)
  | otherwise = run (Map.lookup t names) n
  where
    names = Map.empty

main :: IO ()
main = do
  home <- lookupEnv "HOME"
  print (parse "x" 1)
