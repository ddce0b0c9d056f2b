// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import org.moe4j.SoftmaxTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.Config;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.SharedExpert;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Rotary;

/**
 * Hunyuan, dense or with experts of which a shared one always runs: queries and keys are normed
 * after they are rotated, by frequencies whose base is stretched by a fixed {@code alpha}.
 *
 * @see <a
 *     href="https://github.com/Tencent-Hunyuan/Hunyuan-A13B/blob/main/report/Hunyuan_A13B_Technical_Report.pdf">
 *     Hunyuan-A13B Technical Report</a>
 */
final class Hunyuan implements Family {

  private final boolean sparse;

  Hunyuan(boolean sparse) {
    this.sparse = sparse;
  }

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source);
    Bias bias = AttentionRules.attentionBias(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, rotary(source, sizes), bias, bias)
            .withNorms(
                QueryKeyNorms.heads(
                    sizes, "self_attn.query_layernorm", "self_attn.key_layernorm", true));
    Skeleton.LayerPart<FeedForward> feedForward =
        sparse ? mixtures(source, sizes) : dense(source, sizes);
    return Skeleton.of(source, sizes).build(attention::build, feedForward);
  }

  private static Skeleton.LayerPart<FeedForward> dense(Source source, Dimensions sizes) {
    int width = source.size("intermediate_size", "feed_forward_length");
    return (layer, index) -> layer.gated("mlp", "", sizes.hidden(), width, Bias.NONE);
  }

  private static Skeleton.LayerPart<FeedForward> mixtures(Source source, Dimensions sizes) {
    int hidden = sizes.hidden();
    int width = source.size("intermediate_size", "expert_feed_forward_length");
    int sharedWidth = source.gguf() ? sharedWidth(source) : width;
    ExpertParts experts =
        source.gguf()
            ? ExpertParts.of(source, hidden, width)
            : ExpertParts.of(
                source, source.size("num_experts", ""), perToken(source), hidden, width);
    SoftmaxTopK rule = new SoftmaxTopK(experts.perToken(), true);
    return (layer, index) ->
        new Mixture(
            layer.linear("mlp.gate.wg", "ffn_gate_inp", experts.experts(), hidden, Bias.NONE),
            rule,
            experts.read(layer, Names.MLP),
            new SharedExpert(
                layer.gated("mlp.shared_mlp", "_shexp", hidden, sharedWidth, Bias.NONE), null));
  }

  private static int sharedWidth(Source source) {
    source.key("expert_shared_count");
    return source.size("", "expert_shared_feed_forward_length");
  }

  /** One number, or one a layer, which are all the same. */
  private static int perToken(Source source) {
    int[] listed = source.config().ints("moe_topk");
    for (int each : listed) {
      if (each != listed[0]) {
        throw source.unsupported("moe_topk", "different from layer to layer", "one for all layers");
      }
    }
    if (listed.length == 0 || listed[0] < 1) {
      throw source.badSetting("moe_topk", "", "expected at least 1");
    }
    return listed[0];
  }

  /** A fixed {@code alpha} is called dynamic in configs; GGUF files have the base it leads to. */
  private static Rotary rotary(Source source, Dimensions sizes) {
    Config own = ConfigRotary.section(source.config());
    String type = ConfigRotary.type(own);
    if (source.gguf() || !type.equals("dynamic") || own.number("alpha", 0) == 0) {
      return RotaryRules.halfSplit(source, sizes);
    }
    double dimensions = sizes.headSize();
    double base =
        own.number("rope_theta", source.config().number("rope_theta", RotaryRules.DEFAULT_BASE))
            * StrictMath.pow(own.number("alpha"), dimensions / (dimensions - 2));
    RotaryRules.requireBase(source.config().file(), "rope_theta", base);
    return new Rotary(RotaryFrequencies.plain(base, sizes.headSize()), false, 1);
  }
}
