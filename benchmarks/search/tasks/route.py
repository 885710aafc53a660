"""Vans that deliver to customers with time windows: a route by insertion, then repair; its cost."""

import math
import random

VANS = 6
CUSTOMERS = 60
field = random.Random(5)
PLACES = [(field.random() * 10, field.random() * 10) for _ in range(CUSTOMERS)]
OPENS = [field.choice([0, 4, 8, 12]) + field.random() for _ in range(CUSTOMERS)]
LOADS = [field.randint(1, 5) for _ in range(CUSTOMERS)]
DEPOT = (5.0, 5.0)
CAPACITY = 34

# EVOLVE-BLOCK-START
LATE_PENALTY = 1.0
WAIT_PENALTY = 1.0
OVERLOAD_PENALTY = 1.0
SEED_FAR = False
URGENCY = 0.0
REGRET = 0.0
REPAIR_ROUNDS = 2
REMOVE_COUNT = 2
REMOVE_WORST = 0.1
ACCEPT_WORSE = 0.0
NOISE = 0.5
SPREAD_BONUS = 0.1


def wanted(route):
    """What the planner believes a route costs."""
    far, late, wait = drive(route)
    over = max(0, sum(LOADS[c] for c in route) - CAPACITY)
    return far + LATE_PENALTY * late + WAIT_PENALTY * wait + OVERLOAD_PENALTY * over


def best_places(customer, routes, pick):
    found = []
    for van, route in enumerate(routes):
        before = wanted(route)
        gaps = range(len(route) + 1)
        cost, at = min((wanted(route[:g] + [customer] + route[g:]) - before, g) for g in gaps)
        cost += NOISE * pick.random() - SPREAD_BONUS * (not route)
        found.append((cost, van, at))
    return sorted(found)


def insert(open_customers, routes, pick):
    left = sorted(open_customers, key=lambda c: URGENCY * OPENS[c] - SEED_FAR * math.dist(DEPOT, PLACES[c]))
    while left:
        near = left[:2]
        options = [(best_places(c, routes, pick), c) for c in near]
        places, customer = min(
            options, key=lambda o: o[0][0][0] - REGRET * (o[0][1][0] - o[0][0][0])
        )
        _, van, at = places[0]
        routes[van].insert(at, customer)
        left.remove(customer)


def plan():
    pick = random.Random(1)
    routes = [[] for _ in range(VANS)]
    insert(range(CUSTOMERS), routes, pick)
    cost = sum(map(wanted, routes))
    for _ in range(REPAIR_ROUNDS):
        new = [list(route) for route in routes]
        gone = []
        for _ in range(REMOVE_COUNT):
            van = pick.choice([v for v in range(VANS) if new[v]])
            if pick.random() < REMOVE_WORST:
                van = max(range(VANS), key=lambda v: wanted(new[v]) if new[v] else -1)
            gone.append(new[van].pop(pick.randrange(len(new[van]))))
        insert(gone, new, pick)
        after = sum(map(wanted, new))
        if after <= cost * (1 + ACCEPT_WORSE):
            routes, cost = new, after
    return routes
# EVOLVE-BLOCK-END


def drive(route):
    """Distance, lateness and waiting of one van that starts at 0."""
    now = far = late = wait = 0.0
    here = DEPOT
    for customer in route:
        leg = math.dist(here, PLACES[customer])
        far, now, here = far + leg, now + leg / 3, PLACES[customer]
        if now < OPENS[customer]:
            wait += OPENS[customer] - now
            now = OPENS[customer]
        late += max(0.0, now - OPENS[customer] - 2)
        now += 0.2
    return far + math.dist(here, DEPOT), late, wait


CALLS = 0
limit = 60_000
original = drive


def drive(route):
    """As above, until the planner's time is up."""
    global CALLS
    CALLS += 1
    assert CALLS < limit, "no time left"
    return original(route)


routes = plan()
assert sorted(c for route in routes for c in route) == list(range(CUSTOMERS))
total = 0.0
for route in routes:
    far, late, wait = original(route)
    total += far + 4 * late + 0.3 * wait + 10 * max(0, sum(LOADS[c] for c in route) - CAPACITY)
print(f"route_cost: {total:.6f}")
