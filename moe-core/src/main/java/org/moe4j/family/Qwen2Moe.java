// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.moe4j.SoftmaxTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.SharedExpert;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Reach;

/**
 * Qwen1.5-MoE and Qwen2-MoE: Qwen2 with experts, of which a shared one always runs, scaled by a
 * gate of its own. The weights of the chosen ones are not renormalised by default.
 *
 * @see <a href="https://arxiv.org/abs/2407.10671">Qwen2 Technical Report, section 2.2.2</a>
 */
final class Qwen2Moe implements Family {

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    int hidden = sizes.hidden();
    Bias bias = Bias.of(source, "qkv_bias", true);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.halfSplit(source, sizes), bias, Bias.NONE)
            .withReach(everySecondLayer(source, sizes));
    ExpertParts experts = QwenExperts.read(source, hidden);
    SoftmaxTopK rule = experts.softmax(source, false);
    IntPredicate sparse = QwenExperts.sparseLayers(source);
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) ->
                sparse.test(index)
                    ? new Mixture(
                        experts.router(layer, Names.MLP),
                        rule,
                        experts.read(layer, Names.MLP),
                        shared(layer, hidden))
                    : layer.gated("mlp", "", hidden, QwenExperts.denseWidth(source), Bias.NONE));
  }

  /**
   * The first {@code max_window_layers} layers with an even index slide, the others see everything.
   */
  private static IntFunction<Reach> everySecondLayer(Source source, Dimensions sizes) {
    int sliding = source.gguf() ? 0 : source.config().int32("max_window_layers", 28);
    return SlidingWindows.byLayer(
        source, sizes.layers(), layer -> layer % 2 == 0 && layer < sliding);
  }

  /** The shared expert with its gate. */
  static SharedExpert shared(Scope layer, int hidden) {
    int width;
    if (layer.source().gguf()) {
      // The key for the width is missing in some files and wrong in others; the tensor tells.
      layer.source().key("expert_shared_feed_forward_length");
      TensorData gate = layer.tensor("", "ffn_gate_shexp.weight");
      width = gate.rank() == 0 ? 1 : (int) Math.min(gate.size(0), Integer.MAX_VALUE);
    } else {
      width = layer.source().size("shared_expert_intermediate_size", "");
    }
    return new SharedExpert(
        layer.gated("mlp.shared_expert", "_shexp", hidden, width, Bias.NONE),
        sharedGate(layer, hidden));
  }

  /** One row, which many GGUF files store as a vector. */
  private static Linear sharedGate(Scope layer, int hidden) {
    if (!layer.source().gguf()) {
      return layer.linear("mlp.shared_expert_gate", "", 1, hidden, Bias.NONE);
    }
    if (layer.tensor("", "ffn_gate_inp_shexp.weight").rank() == 2) {
      return layer.linear("", "ffn_gate_inp_shexp", 1, hidden, Bias.NONE);
    }
    TensorData row = layer.tensor("", "ffn_gate_inp_shexp.weight", hidden);
    return Linear.of(TensorData.of(row.file(), row.name(), row.type(), row.data(), 1, hidden));
  }
}
