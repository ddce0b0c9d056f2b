// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.moe4j.SoftmaxTopK;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.Activation;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;

/**
 * gpt-oss: attention with a sink a head and a window in every second layer, experts with biases and
 * a limited activation, weights that are the softmax of the chosen logits.
 *
 * <p>GGUF files do not tell where the ramp of YaRN ends, nor the activation's two numbers: there
 * they are those of the published configs.
 *
 * @see <a href="https://arxiv.org/abs/2508.10925">gpt-oss-120b and gpt-oss-20b Model Card</a>
 */
final class GptOss implements Family {

  private static final int HEAD_SIZE = 64;
  private static final double BASE = 150_000;

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source, HEAD_SIZE);
    requireRotary(source);
    Bias bias = Bias.of(source, "attention_bias", true);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.untruncatedInGguf(source, sizes, BASE), bias, bias)
            .withReach(reach(source, sizes.layers()));
    ExpertParts experts =
        ExpertParts.of(
            source, sizes.hidden(), source.size("intermediate_size", "expert_feed_forward_length"));
    SoftmaxTopK rule = new SoftmaxTopK(experts.perToken(), true);
    Activation activation = activation(source);
    return Skeleton.of(source, sizes)
        .withNames(Skeleton.Names.USUAL.withGgufFeedForwardNorm("post_attention_norm"))
        .build(
            (layer, index) ->
                attention
                    .build(layer, index)
                    .withSinks(layer.tensor("self_attn.sinks", "attn_sinks.weight", sizes.heads())),
            (layer, index) ->
                new Mixture(router(layer, experts), rule, read(layer, experts, activation), null));
  }

  /** A config without the setting means a certain YaRN, which no published file relies on. */
  private static void requireRotary(Source source) {
    if (!source.gguf()
        && !source.config().has("rope_parameters")
        && !source.config().has("rope_scaling")) {
      throw source.badSetting("rope_parameters", "", "expected how positions are rotated");
    }
  }

  private static IntFunction<Reach> reach(Source source, int layers) {
    if (source.gguf()) {
      int window = source.size("", "attention.sliding_window");
      return layer -> SlidingWindows.reach(layer % 2 == 0 ? window : 0);
    }
    int window = SlidingWindows.everywhere(source, 128);
    return SlidingWindows.byType(source, layers, window, layer -> layer % 2 == 0);
  }

  private static Activation activation(Source source) {
    double alpha = source.gguf() ? 1.702 : source.number("swiglu_alpha", "", 1.702);
    double limit = source.gguf() ? 7 : source.number("swiglu_limit", "", 7);
    return new Activation.ClampedSwiGlu((float) alpha, (float) limit);
  }

  private static Linear router(Scope layer, ExpertParts experts) {
    return layer.linear(
        "mlp.router", "ffn_gate_inp", experts.experts(), experts.hidden(), Bias.REQUIRED);
  }

  private static List<GatedFeedForward> read(
      Scope layer, ExpertParts parts, Activation activation) {
    int count = parts.experts();
    int width = parts.width();
    IntFunction<Linear> gate;
    IntFunction<Linear> up;
    IntFunction<Linear> down;
    if (layer.source().gguf()) {
      gate = stacked(layer, "ffn_gate_exps", count, width, parts.hidden());
      up = stacked(layer, "ffn_up_exps", count, width, parts.hidden());
      down = stacked(layer, "ffn_down_exps", count, parts.hidden(), width);
    } else {
      gate = fused(layer, "gate_up_proj", 0, 2, count, width, parts.hidden());
      up = fused(layer, "gate_up_proj", 1, 2, count, width, parts.hidden());
      down = fused(layer, "down_proj", 0, 1, count, parts.hidden(), width);
    }
    List<GatedFeedForward> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(new GatedFeedForward(gate.apply(i), up.apply(i), down.apply(i), activation));
    }
    return all;
  }

  private static IntFunction<Linear> stacked(
      Scope layer, String name, int count, long outputs, long inputs) {
    TensorData weight = layer.tensor("", name + ".weight", count, outputs, inputs);
    TensorData bias = layer.tensor("", name + ".bias", count, outputs);
    return expert -> new Linear(weight.slice(expert), bias.slice(expert));
  }

  /**
   * Every so many of a tensor's outputs: gate and up alternate. Columns are outputs, except in the
   * blocks of MXFP4, where rows are.
   */
  private static IntFunction<Linear> fused(
      Scope layer, String name, int first, int step, int count, long outputs, long inputs) {
    String full = "mlp.experts." + name;
    long all = step * outputs;
    TensorData bias = layer.tensor(full + "_bias", "", count, all);
    if (layer.tensor(full, "").type() == TensorType.MXFP4) {
      TensorData rows = layer.tensor(full, "", count, all, inputs);
      return expert ->
          new Linear(
              every(rows.slice(expert), first, step, outputs),
              every(bias.slice(expert), first, step, outputs));
    }
    TensorData columns = layer.tensor(full, "", count, inputs, all);
    return expert ->
        new Linear(
            columns.slice(expert).transposed(first, step, outputs),
            every(bias.slice(expert), first, step, outputs));
  }

  private static TensorData every(TensorData all, int first, int step, long count) {
    return step == 1 ? all : all.select(count, row -> step * row + first);
  }
}
