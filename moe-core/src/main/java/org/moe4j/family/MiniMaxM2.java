// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.Score;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;

/**
 * MiniMax-M2: attention that rotates a part of each head and norms whole query and key rows, and
 * corrected sigmoid routing in every layer.
 *
 * @see <a href="https://huggingface.co/MiniMaxAI/MiniMax-M2">MiniMax-M2</a>
 */
final class MiniMaxM2 implements Family {

  private static final int HEAD_SIZE = 128;
  private static final double CONFIG_BASE = 5_000_000;

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source, HEAD_SIZE);
    double base = source.gguf() ? RotaryRules.DEFAULT_BASE : CONFIG_BASE;
    AttentionRules attention =
        AttentionRules.plain(
                sizes,
                RotaryRules.partialHalfSplit(source, sizes, base, share(source, sizes)),
                Bias.NONE,
                Bias.NONE)
            .withNorms(QueryKeyNorms.rows(sizes));
    ScoredRouting.requireGating(source, Score.SIGMOID);
    ExpertParts experts =
        ExpertParts.of(
            source, sizes.hidden(), source.size("intermediate_size", "expert_feed_forward_length"));
    ScoredTopK rule = ScoredTopK.sigmoid(experts.perToken()).normalised(0);
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) -> {
              Names names = layer.has("mlp.gate.weight", "") ? Names.MLP : Names.MIXTRAL;
              String bias = names.block() + ".e_score_correction_bias";
              return new Mixture(
                  experts.router(layer, names),
                  rule.withBias(ScoredRouting.bias(layer, bias, experts.experts())),
                  experts.read(layer, names),
                  null);
            });
  }

  /** The rotated part of a head, which published configs give as a number of dimensions. */
  private static double share(Source source, Dimensions sizes) {
    return source.gguf() || !source.config().has("rotary_dim")
        ? 1
        : (double) source.size("rotary_dim", "") / sizes.headSize();
  }
}
