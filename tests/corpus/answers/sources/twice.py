def first(x):
    y = x * 2
    return y


def second(x):
    y = x * 2
    return y


class Third:
    def run(self, x):
        y = x * 2
        return y


print(first(1), second(2), Third().run(3))
