import CoppicePassManager

var registry = PassRegistry()
registry.register(RoundWeights.self)
for pass in registry.passes { print(pass.info.name) }
