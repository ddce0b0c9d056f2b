// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntPredicate;
import org.moe4j.SoftmaxTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;

/**
 * Qwen3-MoE: Qwen3 with experts, none of them shared. Configs tell whether the chosen weights are
 * renormalised; GGUF files do not, and there they are.
 *
 * @see <a href="https://arxiv.org/abs/2505.09388">Qwen3 Technical Report</a>
 */
final class Qwen3Moe implements Family {

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    int hidden = sizes.hidden();
    Bias bias = AttentionRules.attentionBias(source);
    int window = window(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.halfSplit(source, sizes), bias, bias)
            .withNorms(QueryKeyNorms.heads(sizes))
            .withReach(layer -> SlidingWindows.reach(window));
    ExpertParts experts = QwenExperts.read(source, hidden);
    SoftmaxTopK rule = experts.softmax(source, source.gguf());
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
                        null)
                    : layer.gated("mlp", "", hidden, QwenExperts.denseWidth(source), Bias.NONE));
  }

  /** Unlike in the dense family, a window that is used is used in every layer. */
  private static int window(Source source) {
    if (source.gguf() || !source.config().flag("use_sliding_window", false)) {
      return 0;
    }
    return SlidingWindows.everywhere(source, 4096);
  }
}
