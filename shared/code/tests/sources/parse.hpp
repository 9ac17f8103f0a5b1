#pragma once
#include <vector>
#include "base.hpp"

namespace app::parse {

using std::string;
using namespace app::util;
using Names = std::vector<string>;

/// Parses text.
template <typename T>
class Parser : public Base<T>, private util::Runner {
public:
    /// Makes one.
    explicit Parser(const string& text, int size = 1) : text_(text), size_(size) {}
    virtual ~Parser() = default;
    bool operator==(const Parser& other) const { return text_ == other.text_; }
    virtual void run(int n) = 0;

protected:
    static int count;

private:
    string text_;
    std::vector<T> items_;
};

enum class Level { Low, High };

struct Point { int x; int y; };

template <typename T>
void Parser<T>::run(int n) {
    auto local = helper(n);
    for (const auto& item : items_) {
        if (item.ok() && n > 1 || local) util::go<T>(item)->next(n);
    }
    Point p{1, 2};
    throw Error("x");
}

int Counter::next() { return std::max(count, Level::Low); }

}  // namespace app::parse

TEST(ParserTest, Runs) { EXPECT_EQ(1, helper(2)); }
