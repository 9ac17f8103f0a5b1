<?php
/**
 * Parses text.
 */

declare(strict_types=1);

namespace Example\Parse;

use Example\Util\Helper;
use Example\Node\{Leaf, Branch as Twig};
use function Example\go;

require_once __DIR__ . '/lib/other.php';

/**
 * A parser.
 */
#[Service]
final class Parser extends Base implements Runnable, \Countable
{
    use Loggable;

    public const MAX_SIZE = 10;
    private ?string $text = null;

    public function __construct(private readonly Helper $helper, int $size = self::MAX_SIZE)
    {
        $home = getenv('HOME') ?: $_ENV['USER'];
        foreach ($this->items() as $item) {
            if ($item && $size > 1 || $home) {
                $this->helper->run(new Leaf($item))->go(name: $size);
            }
        }
    }

    protected static function items(): array { return Twig::all(); }
}

interface Visitor { public function visit(Leaf $node): void; }
trait Loggable { function log() { go(\strlen('x')); } }
enum Level: int { case Low = 1; case High = 2; }
function helper(string ...$names) { Route::get('/users/{id}', [UserController::class, 'show']); }
