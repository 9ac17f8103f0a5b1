"""Ways to break a rendered template in one place. Each gives a function of the resources and the state machine."""


def within(resources: dict, name: str, path: tuple):
    """What holds the last part of a path below a resource's properties."""
    node = resources[name]["Properties"]
    for key in path[:-1]:
        node = node[key]
    return node


def drop(name: str, *path):
    """Takes a property away."""

    def mutate(resources, _):
        del within(resources, name, path)[path[-1]]

    return mutate


def put(name: str, value, *path):
    """Gives a property another value."""

    def mutate(resources, _):
        within(resources, name, path)[path[-1]] = value

    return mutate


def add(name: str, kind: str, **properties):
    def mutate(resources, _):
        resources[name] = {"Type": kind, "Properties": properties}

    return mutate


def remove(name: str):
    def mutate(resources, _):
        del resources[name]

    return mutate


def grant(policy: str, action: str, resource: str):
    def mutate(resources, _):
        statements = resources[policy]["Properties"]["PolicyDocument"]["Statement"]
        statements.append({"Effect": "Allow", "Action": action, "Resource": resource})

    return mutate
