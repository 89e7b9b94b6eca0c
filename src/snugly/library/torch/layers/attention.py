"""Attention and the transformer's layers."""

from __future__ import annotations

from typing import Any

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import DType, Value
from snugly.library.registry import function, model
from snugly.library.torch.arguments import flag, integer, size, tensor
from snugly.library.torch.layers.functional import FUNCTIONAL
from snugly.library.torch.layers.linear import Linear
from snugly.library.torch.layers.normalization import LayerNorm
from snugly.library.torch.module import Module, copied, new_parameter, within


@model("torch.nn.MultiheadAttention")
class MultiheadAttention(Module):
    """Attention of several heads; batch second unless ``batch_first``."""

    in_proj_weight: Value = None
    in_proj_bias: Value = None
    q_proj_weight: Value = None
    k_proj_weight: Value = None
    v_proj_weight: Value = None
    bias_k: Value = None
    bias_v: Value = None

    def __init__(
        self,
        machine: Any,
        embed_dim: Value,
        num_heads: Value,
        dropout: Value = 0.0,
        bias: Value = True,
        add_bias_kv: Value = False,
        add_zero_attn: Value = False,
        kdim: Value = None,
        vdim: Value = None,
        batch_first: Value = False,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the projections."""
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.add_zero_attn = add_zero_attn
        width, heads = size(embed_dim), size(num_heads)
        self.head_dim: Value = None if width is None or heads in (None, 0) else width // heads
        if kdim is None and vdim is None:
            rows = None if width is None else 3 * width
            self.in_proj_weight = new_parameter(machine, (rows, width), dtype)
        else:
            self.q_proj_weight = new_parameter(machine, (width, width), dtype)
            self.k_proj_weight = new_parameter(machine, (width, size(self.kdim)), dtype)
            self.v_proj_weight = new_parameter(machine, (width, size(self.vdim)), dtype)
        if flag(bias) is not False:
            self.in_proj_bias = new_parameter(machine, (None if width is None else 3 * width,), dtype)
        self.out_proj = Linear(machine, embed_dim, embed_dim, bias, None, dtype)
        if flag(add_bias_kv):
            self.bias_k = new_parameter(machine, (1, 1, width), dtype)
            self.bias_v = new_parameter(machine, (1, 1, width), dtype)

    def forward(
        self,
        machine: Any,
        query: Value,
        key: Value,
        value: Value,
        key_padding_mask: Value = None,
        need_weights: Value = True,
        attn_mask: Value = None,
        average_attn_weights: Value = True,
        is_causal: Value = False,
    ) -> Value:
        """Attend: the outputs and the weights, ``None`` where they are not asked for."""
        first = flag(self.batch_first)
        batched = tensor(query).rank == 3
        if first is None or (tensor(query).rank is None and first):
            return machine.unknown("torch.nn.MultiheadAttention of a layout that is not known")
        if first and batched:
            query, key, value = (self._operate(machine, "torch.transpose", each, 1, 0) for each in (query, key, value))
        result = self._operate(
            machine,
            f"{FUNCTIONAL}.multi_head_attention_forward",
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=self.in_proj_weight is None,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
        )
        if first and batched and isinstance(result, tuple):
            return (self._operate(machine, "torch.transpose", result[0], 1, 0), *result[1:])
        return result


class _TransformerLayer(Module):
    """What encoder and decoder layers share: attention, a feed-forward part, and norms of ``d_model`` features."""

    def _make(
        self,
        machine: Any,
        d_model: Value,
        nhead: Value,
        dim_feedforward: Value,
        batch_first: Value,
        bias: Value,
        dtype: Value,
        norms: int,
    ) -> None:
        self.self_attn = MultiheadAttention(machine, d_model, nhead, bias=bias, batch_first=batch_first, dtype=dtype)
        self.linear1 = Linear(machine, d_model, dim_feedforward, bias, None, dtype)
        self.linear2 = Linear(machine, dim_feedforward, d_model, bias, None, dtype)
        for number in range(1, norms + 1):
            setattr(self, f"norm{number}", LayerNorm(machine, d_model, bias=bias, dtype=dtype))

    def _feed_forward(self, machine: Any, source: Value) -> Value:
        return within(machine, self.linear2, within(machine, self.linear1, source))

    def _attend(self, machine: Any, attention: Value, query: Value, memory: Value, **masks: Value) -> Value:
        result = within(machine, attention, query, memory, memory, need_weights=False, **masks)
        attended = result[0] if isinstance(result, tuple) else machine.unknown(f"{self.path}.attention")
        return self._operate(machine, "operator.add", query, attended)


@model("torch.nn.TransformerEncoderLayer")
class TransformerEncoderLayer(_TransformerLayer):
    """Self-attention and a feed-forward part."""

    def __init__(
        self,
        machine: Any,
        d_model: Value,
        nhead: Value,
        dim_feedforward: Value = 2048,
        dropout: Value = 0.1,
        activation: Value = "relu",
        layer_norm_eps: Value = 1e-5,
        batch_first: Value = False,
        norm_first: Value = False,
        bias: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parts."""
        self._make(machine, d_model, nhead, dim_feedforward, batch_first, bias, dtype, norms=2)
        self.norm_first, self.activation = norm_first, activation

    def forward(
        self,
        machine: Any,
        src: Value,
        src_mask: Value = None,
        src_key_padding_mask: Value = None,
        is_causal: Value = False,
    ) -> Value:
        """Attend, feed forward and normalize."""
        attended = self._attend(
            machine, self.self_attn, src, src, attn_mask=src_mask, key_padding_mask=src_key_padding_mask
        )
        normed = within(machine, vars(self)["norm1"], attended)
        return within(
            machine,
            vars(self)["norm2"],
            self._operate(machine, "operator.add", normed, self._feed_forward(machine, normed)),
        )


@model("torch.nn.TransformerDecoderLayer")
class TransformerDecoderLayer(_TransformerLayer):
    """Self-attention, attention to a memory, and a feed-forward part."""

    def __init__(
        self,
        machine: Any,
        d_model: Value,
        nhead: Value,
        dim_feedforward: Value = 2048,
        dropout: Value = 0.1,
        activation: Value = "relu",
        layer_norm_eps: Value = 1e-5,
        batch_first: Value = False,
        norm_first: Value = False,
        bias: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parts."""
        self._make(machine, d_model, nhead, dim_feedforward, batch_first, bias, dtype, norms=3)
        self.multihead_attn = MultiheadAttention(
            machine, d_model, nhead, bias=bias, batch_first=batch_first, dtype=dtype
        )
        self.norm_first, self.activation = norm_first, activation

    def forward(
        self,
        machine: Any,
        tgt: Value,
        memory: Value,
        tgt_mask: Value = None,
        memory_mask: Value = None,
        tgt_key_padding_mask: Value = None,
        memory_key_padding_mask: Value = None,
        tgt_is_causal: Value = False,
        memory_is_causal: Value = False,
    ) -> Value:
        """Attend twice, feed forward and normalize."""
        attended = self._attend(
            machine, self.self_attn, tgt, tgt, attn_mask=tgt_mask, key_padding_mask=tgt_key_padding_mask
        )
        normed = within(machine, vars(self)["norm1"], attended)
        crossed = self._attend(
            machine,
            self.multihead_attn,
            normed,
            memory,
            attn_mask=memory_mask,
            key_padding_mask=memory_key_padding_mask,
        )
        normed = within(machine, vars(self)["norm2"], crossed)
        return within(
            machine,
            vars(self)["norm3"],
            self._operate(machine, "operator.add", normed, self._feed_forward(machine, normed)),
        )


class _Stack(Module):
    """Copies of a layer, and a norm at the end. The sizes of one pass are those of all."""

    def __init__(self, machine: Any, layer: Value, num_layers: Value, norm: Value = None) -> None:
        """Keep the layer that is copied."""
        from snugly.library.torch.containers import ModuleList

        count = integer(num_layers)
        self.layers = ModuleList(
            machine, tuple(copied(layer) for _ in range(count if count is not None and count <= 64 else 1))
        )
        self.num_layers, self.norm = num_layers, norm

    def _run(self, machine: Any, source: Value, *args: Value, **kwargs: Value) -> Value:
        layers = machine.iterate(self.layers).items or []
        result = within(machine, layers[0], source, *args, **kwargs) if layers else source
        return result if self.norm is None else within(machine, self.norm, result)


@model("torch.nn.TransformerEncoder")
class TransformerEncoder(_Stack):
    """Encoder layers in a row."""

    def __init__(
        self,
        machine: Any,
        encoder_layer: Value,
        num_layers: Value,
        norm: Value = None,
        enable_nested_tensor: Value = True,
        mask_check: Value = True,
    ) -> None:
        """Keep the layer that is copied."""
        super().__init__(machine, encoder_layer, num_layers, norm)

    def forward(
        self,
        machine: Any,
        src: Value,
        mask: Value = None,
        src_key_padding_mask: Value = None,
        is_causal: Value = None,
    ) -> Value:
        """Run the layers."""
        return self._run(machine, src, src_mask=mask, src_key_padding_mask=src_key_padding_mask)


@model("torch.nn.TransformerDecoder")
class TransformerDecoder(_Stack):
    """Decoder layers in a row."""

    def __init__(self, machine: Any, decoder_layer: Value, num_layers: Value, norm: Value = None) -> None:
        """Keep the layer that is copied."""
        super().__init__(machine, decoder_layer, num_layers, norm)

    def forward(
        self,
        machine: Any,
        tgt: Value,
        memory: Value,
        tgt_mask: Value = None,
        memory_mask: Value = None,
        tgt_key_padding_mask: Value = None,
        memory_key_padding_mask: Value = None,
        tgt_is_causal: Value = None,
        memory_is_causal: Value = False,
    ) -> Value:
        """Run the layers."""
        return self._run(
            machine,
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
        )


@model("torch.nn.Transformer")
class Transformer(Module):
    """An encoder and a decoder."""

    def __init__(
        self,
        machine: Any,
        d_model: Value = 512,
        nhead: Value = 8,
        num_encoder_layers: Value = 6,
        num_decoder_layers: Value = 6,
        dim_feedforward: Value = 2048,
        dropout: Value = 0.1,
        activation: Value = "relu",
        custom_encoder: Value = None,
        custom_decoder: Value = None,
        layer_norm_eps: Value = 1e-5,
        batch_first: Value = False,
        norm_first: Value = False,
        bias: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the encoder and the decoder."""
        parts: dict[str, Value] = {"batch_first": batch_first, "bias": bias, "dtype": dtype}
        norm = LayerNorm(machine, d_model, bias=bias, dtype=dtype)
        self.encoder = custom_encoder
        if custom_encoder is None:
            layer = TransformerEncoderLayer(machine, d_model, nhead, dim_feedforward, **parts)
            self.encoder = TransformerEncoder(machine, layer, num_encoder_layers, copied(norm))
        self.decoder = custom_decoder
        if custom_decoder is None:
            inner = TransformerDecoderLayer(machine, d_model, nhead, dim_feedforward, **parts)
            self.decoder = TransformerDecoder(machine, inner, num_decoder_layers, norm)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self,
        machine: Any,
        src: Value,
        tgt: Value,
        src_mask: Value = None,
        tgt_mask: Value = None,
        memory_mask: Value = None,
        src_key_padding_mask: Value = None,
        tgt_key_padding_mask: Value = None,
        memory_key_padding_mask: Value = None,
        src_is_causal: Value = None,
        tgt_is_causal: Value = None,
        memory_is_causal: Value = False,
    ) -> Value:
        """Encode the source and decode the target."""
        memory = within(machine, self.encoder, src, mask=src_mask, src_key_padding_mask=src_key_padding_mask)
        return within(
            machine,
            self.decoder,
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
        )

    def generate_square_subsequent_mask(
        self, machine: Any, sz: Value, device: Value = None, dtype: Value = None
    ) -> Value:
        """Return the mask that hides what comes later."""
        return square_subsequent_mask(machine, sz, device, dtype)


@function("torch.nn.Transformer.generate_square_subsequent_mask")
def square_subsequent_mask(machine: Any, sz: Value, device: Value = None, dtype: Value = None) -> Value:
    """Describe ``Transformer.generate_square_subsequent_mask``: a float mask of ``(sz, sz)``."""
    return TensorFacts((size(sz), size(sz)), dtype.name if isinstance(dtype, DType) else "float32", requires_grad=False)
