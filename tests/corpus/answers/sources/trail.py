A = 1␣␣
B = 2

def f():␣
    c = A␣␣␣
    d = B
    return c + d␣␣

print(f())
