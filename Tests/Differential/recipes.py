"""How to draw a node of each operator: operands that have a meaning together, attributes from the declarations."""
RECIPES = {}


def recipe(*names):
    def add(draw):
        for name in names:
            RECIPES[name] = draw
        return draw
    return add


def load():
    import recipes_contrib, recipes_elementwise, recipes_layers, recipes_sequence, recipes_shape  # noqa: F401
    import recipes_traditional  # noqa: F401
    return RECIPES
