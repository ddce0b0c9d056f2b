// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.moe4j.PerExpert;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.Normalisation;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.SharedExpert;
import org.moe4j.model.ModelSpec;

/**
 * Ernie 4.5, dense and with experts: interleaved rotation, softmax scores corrected by a bias whose
 * sum has a least value, and a shared expert as wide as several.
 *
 * @see <a href="https://yiyan.baidu.com/blog/publication/ERNIE_Technical_Report.pdf">ERNIE 4.5
 *     Technical Report</a>
 */
final class Ernie implements Family {

  private static final double CONFIG_BASE = 500_000;
  private static final String BIAS = "moe_statics.e_score_correction_bias";

  @Override
  public ModelSpec map(Source source) {
    boolean mixture = source.family().endsWith("moe");
    Dimensions sizes =
        mixture || source.gguf() ? Dimensions.of(source) : Dimensions.of(source, 128);
    double base = source.gguf() ? RotaryRules.DEFAULT_BASE : CONFIG_BASE;
    Bias bias = Bias.of(source, "use_bias", false);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.interleaved(source, sizes, base), bias, bias);
    int hidden = sizes.hidden();
    // What predicts the tokens after the next one.
    source.leaveOut("model.mtp_");
    IntPredicate sparse = mixture ? sparseLayers(source, sizes.layers()) : layer -> false;
    return Skeleton.of(source, sizes)
        .build(
            attention::build,
            (layer, index) ->
                sparse.test(index)
                    ? mixture(layer, hidden, bias)
                    : layer.gated(
                        "mlp",
                        "",
                        hidden,
                        source.size("intermediate_size", "feed_forward_length"),
                        bias));
  }

  /** GGUF files show it by their tensors as well. */
  private static IntPredicate sparseLayers(Source source, int layers) {
    if (source.gguf()) {
      source.key("interleave_moe_layer_step");
      source.key("leading_dense_block_count");
      return layer -> source.layer(layer).has("", "ffn_gate_inp.weight");
    }
    int step = source.size("moe_layer_interval", "", 1);
    int first = source.config().int32("moe_layer_start_index", 1);
    int told = source.config().int32("moe_layer_end_index", -1);
    int last = told == -1 ? layers - 1 : told;
    return layer -> (layer + 1) % step == 0 && layer >= first && layer <= last;
  }

  private static FeedForward mixture(Scope layer, int hidden, Bias bias) {
    Source source = layer.source();
    ExpertParts experts =
        ExpertParts.of(
            source,
            source.size("moe_num_experts", "expert_count"),
            source.size("moe_k", "expert_used_count"),
            hidden,
            source.size("moe_intermediate_size", "expert_feed_forward_length"));
    ScoredTopK rule =
        ScoredTopK.softmax(experts.perToken())
            .withNormalisation(new Normalisation(leastSum(source), 0))
            .withBias(correction(layer, experts.experts()));
    return new Mixture(
        experts.router(layer, Names.MLP),
        rule,
        experts.read(layer, Names.MLP),
        shared(layer, experts, bias));
  }

  /** GGUF files do not tell. */
  private static double leastSum(Source source) {
    double least = source.gguf() ? 1e-12 : source.number("moe_norm_min", "", 1e-12);
    if (!(least >= 0 && least < Double.POSITIVE_INFINITY)) {
      throw source.badSetting("moe_norm_min", "", "expected 0 or more, found " + least);
    }
    return least;
  }

  /** One row, whose place in safetensors changed with transformers v5; GGUF files may lack it. */
  private static @Nullable PerExpert correction(Scope layer, int experts) {
    String name = layer.has("mlp.gate." + BIAS, "") ? "mlp.gate." + BIAS : "mlp." + BIAS;
    return ScoredRouting.bias(layer, name, experts);
  }

  private static @Nullable SharedExpert shared(Scope layer, ExpertParts experts, Bias bias) {
    Source source = layer.source();
    // The converter guesses this key's value; what the experts' count makes is what is there.
    source.key("expert_shared_feed_forward_length");
    int fallback = source.gguf() ? 0 : 2;
    return experts.shared(
        layer, source.count("moe_num_shared_experts", "expert_shared_count", fallback), bias);
  }
}
