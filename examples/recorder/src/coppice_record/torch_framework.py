"""What a recorder needs of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

import torch
from torch import nn

from coppice_record.recorder import Tracked

_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_WRAPPERS = (nn.parallel.DistributedDataParallel, nn.DataParallel)
_COMPILED = "_orig_mod"


def unwrapped(model: nn.Module) -> nn.Module:
    """The module inside of what DistributedDataParallel and torch.compile put around it."""
    while True:
        if isinstance(model, _WRAPPERS):
            model = model.module
        elif isinstance(getattr(model, _COMPILED, None), nn.Module):
            model = getattr(model, _COMPILED)
        else:
            return model


def plain_name(name: str) -> str:
    """A parameter's name without the marks of compiled submodules."""
    return ".".join(part for part in name.split(".") if part != _COMPILED)


def named_parameters(model: nn.Module) -> Iterator[tuple[str, nn.Module, str, nn.Parameter]]:
    """Every name of every parameter, with its module and its name there; tied ones repeat."""
    for path, module in unwrapped(model).named_modules(remove_duplicate=False):
        for name, parameter in module._parameters.items():
            if parameter is not None:
                full = plain_name(f"{path}.{name}" if path else name)
                yield full, module, name, parameter


class TorchFramework:
    """Hooks of modules, tensors and optimizers."""

    def __init__(self, model: nn.Module) -> None:
        self.name = f"torch {torch.__version__}"
        self.is_compiled = hasattr(model, _COMPILED)
        self.model = unwrapped(model)
        self._nodes: list[Any] = []

    def tracked(self) -> list[Tracked]:
        found: dict[int, Tracked] = {}
        for full, module, name, parameter in named_parameters(self.model):
            if type(parameter).__name__ == "FlatParameter":
                raise ValueError(
                    f"'{full}' is a flat parameter of FSDP: record with use_orig_params=True")
            if ".parametrizations." in f".{full}":
                raise ValueError(
                    f"'{full}' belongs to a parametrization, which the exporter computes away: "
                    "remove it (torch.nn.utils.parametrize.remove_parametrizations) and record "
                    "the weight itself")
            if id(parameter) in found:
                if found[id(parameter)].name != full:
                    found[id(parameter)].alias += (full,)
                continue
            groups = None
            if isinstance(module, _TRANSPOSED) and name == "weight":
                groups = int(module.groups)
            found[id(parameter)] = Tracked(
                full, parameter, type(module).__name__, (), groups)
        return list(found.values())

    def on_step(
        self, optimizer: Any, before: Callable[[Any], None], after: Callable[[Any], None]
    ) -> Callable[[], None]:
        # PyTorch 2 has hooks of steps, but runs them twice where an optimizer calls its parent's.
        inner, is_on = optimizer.step, [True]

        def step(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_on[0]:
                return inner(*args, **kwargs)
            if any(a is not None for a in args) or kwargs.get("closure") is not None:
                raise ValueError(
                    "a step with a closure computes gradients several times: nothing can be "
                    "recorded of it; call backward() and step() apart")
            before(self)
            result = inner(*args, **kwargs)
            after(self)
            return result

        optimizer.step = MethodType(step, optimizer)

        def end() -> None:
            is_on[0] = False

        return end

    def on_gradient(self, parameter: Any, call: Callable[[Any], None]) -> Callable[[], None]:
        # The node that adds up .grad: it sees backward(), and not autograd.grad as tensors do.
        node = parameter.expand_as(parameter).grad_fn.next_functions[0][0]
        handle = node.register_hook(lambda _, gradients: call(gradients[0].detach()))
        self._nodes.append(node)
        return lambda: handle.remove()

    def on_activation(self, call: Callable[[str, Any, Any, int], None]) -> Callable[[], None]:
        if self.is_compiled:
            raise ValueError(
                "a compiled model runs no hooks of its layers: record activations on the model "
                "before torch.compile")
        places = _MapPlaces(call)
        handles = [
            module.register_forward_hook(places.producer(name, axis))
            for name, module, axis in self._weighted(outputs=True)
        ]
        handles += [
            module.register_forward_hook(places.norm)
            for module in self.model.modules() if isinstance(module, _NORMS)
        ]
        return lambda: _remove(handles)

    def on_input(self, call: Callable[[str, Any, int], None]) -> Callable[[], None]:
        def watch(name: str, axis: int) -> Callable[[Any, Any], None]:
            def hook(_: Any, operands: Any) -> None:
                call(name, operands[0].detach(), axis % operands[0].dim())

            return hook

        handles = [
            module.register_forward_pre_hook(watch(name, axis))
            for name, module, axis in self._weighted(outputs=False)
        ]
        return lambda: _remove(handles)

    def unscaling(self, optimizer: Any) -> float | None:
        found = getattr(optimizer, "found_inf", None)
        if found is not None and float(found) != 0:
            return None
        scale = getattr(optimizer, "grad_scale", None)
        return 1.0 if scale is None else 1 / float(scale)

    def backward_unscaling(self, scaler: Any) -> float:
        return 1.0 if scaler is None else 1 / float(scaler.get_scale())

    def writes(self) -> bool:
        distributed = torch.distributed
        if not distributed.is_available() or not distributed.is_initialized():
            return True
        return bool(distributed.get_rank() == 0)

    def _weighted(self, outputs: bool) -> Iterator[tuple[str, nn.Module, int]]:
        """The layers with a weight, the weight's name, and the axis of the channels."""
        names = {id(t.parameter): t.name for t in self.tracked()}
        kinds = (*_CONVOLUTIONS, *_TRANSPOSED) if outputs else _CONVOLUTIONS
        for module in self.model.modules():
            if isinstance(module, kinds):
                yield names[id(module.weight)], module, 1
            elif isinstance(module, nn.Linear):
                yield names[id(module.weight)], module, -1


class _MapPlaces:
    """Finds where the feature map of each weight is: at its layer, or after its BatchNorm."""

    def __init__(self, call: Callable[[str, Any, Any, int], None]) -> None:
        self.call = call

    def producer(self, name: str, axis: int) -> Callable[[Any, Any, Any], None]:
        def hook(_: Any, __: Any, output: Any) -> None:
            if output.requires_grad:
                self._watch(output, name, axis)

        return hook

    def norm(self, _: Any, operands: Any, output: Any) -> None:
        mark = getattr(operands[0], "_coppice_map", None)
        if mark is not None:
            name, axis, handle = mark
            handle.remove()
            self._watch(output, name, axis)

    def _watch(self, output: Any, name: str, axis: int) -> None:
        value = output.detach()
        axis = axis % value.dim()

        def backward(gradient: Any) -> None:
            self.call(name, value, gradient.detach(), axis)

        handle = output.register_hook(backward)
        output._coppice_map = (name, axis, handle)


def _remove(handles: list[Any]) -> None:
    for handle in handles:
        handle.remove()
