import math

# Hyperparameters
LR = 0.02
DEPTH = 3
BATCH_SIZE = 64


def schedule(step):
    return LR * math.cos(step / 100)


def train(steps):
    loss = 1.0
    for step in range(steps):
        loss -= schedule(step) * loss
    return loss


print("loss:", train(100))
