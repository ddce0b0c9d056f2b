// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.Arrays;
import java.util.Set;
import java.util.function.IntPredicate;
import org.moe4j.ScoredTopK;
import org.moe4j.ScoredTopK.Score;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.Config;
import org.moe4j.model.FeedForward;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Norm;
import org.moe4j.model.Rotary;
import org.moe4j.model.ShortConvolution;

/**
 * LFM2 and LFM2-MoE: gated short convolutions in most layers, attention in the others. The experts
 * of the mixture are chosen by sigmoids with a correction bias.
 *
 * @see <a href="https://arxiv.org/abs/2511.23404">LFM2 Technical Report</a>
 */
final class Lfm2 implements Family {

  private static final Skeleton.Names NAMES =
      new Skeleton.Names(
          "model.embed_tokens",
          "operator_norm",
          "attn_norm",
          "ffn_norm",
          "ffn_norm",
          "model.embedding_norm",
          "lm_head");

  private static final ExpertParts.Names EXPERTS =
      new ExpertParts.Names("feed_forward", "w1", "w3", "w2");

  /** What the reference adds to the sum that the weights are divided by. */
  private static final double EPSILON = 1e-6;

  @Override
  public ModelSpec map(Source source) {
    HybridLayers layers = layers(source);
    Dimensions sizes = layers.sizes();
    Rotary rotary = RotaryRules.of(source, sizes, 1_000_000, false, false);
    AttentionRules attention =
        AttentionRules.plain(sizes, rotary, Bias.NONE, Bias.NONE)
            .withNorms(
                QueryKeyNorms.heads(
                    sizes, "self_attn.q_layernorm", "self_attn.k_layernorm", false));
    return Skeleton.of(source, sizes)
        .withNames(NAMES)
        .withNorms(Lfm2::norm)
        .build(
            (layer, index) ->
                layers.attention().test(index)
                    ? attention.build(layer, index, attention.maps(layer, "self_attn.out_proj"))
                    : convolution(layer, sizes.hidden()),
            feedForwards(source, sizes.hidden()));
  }

  private static HybridLayers layers(Source source) {
    if (source.gguf()) {
      return HybridLayers.gguf(source);
    }
    int kvHeads = source.size("num_key_value_heads", "");
    return HybridLayers.of(source, attention(source), kvHeads, "norm_eps");
  }

  /** Older configs of the dense models list the layers with attention instead. */
  private static IntPredicate attention(Source source) {
    if (source.config().has("layer_types")) {
      return HybridLayers.byType(source, "layer_types", Set.of("conv"));
    }
    int[] listed = source.config().ints("full_attn_idxs");
    return layer -> Arrays.stream(listed).anyMatch(each -> each == layer);
  }

  /** GGUF files have the last norm under the name of a norm after the embedding. */
  private static Norm norm(Scope scope, String hf, String gguf, long width, float epsilon) {
    return scope.norm(hf, gguf.equals("output_norm") ? "token_embd_norm" : gguf, width, epsilon);
  }

  private static ShortConvolution convolution(Scope layer, int hidden) {
    Source source = layer.source();
    Bias bias = Bias.of(source, "conv_bias", false);
    int taps = source.size("conv_L_cache", "shortconv.l_cache", 3);
    return new ShortConvolution(
        layer.linear("conv.in_proj", "shortconv.in_proj", 3L * hidden, hidden, bias),
        layer.convolution("conv.conv", "shortconv.conv", hidden, taps, bias),
        layer.linear("conv.out_proj", "shortconv.out_proj", hidden, hidden, bias));
  }

  private static Skeleton.LayerPart<FeedForward> feedForwards(Source source, int hidden) {
    if (source.family().equals("lfm2")) {
      int width = denseWidth(source);
      return (layer, index) -> dense(layer, hidden, width);
    }
    int width = source.size("intermediate_size", "feed_forward_length");
    int sparse =
        source.count("num_dense_layers", "leading_dense_block_count", source.gguf() ? 0 : 2);
    int expertWidth = source.size("moe_intermediate_size", "expert_feed_forward_length");
    ExpertParts experts = ExpertParts.of(source, hidden, expertWidth);
    return (layer, index) ->
        index < sparse
            ? dense(layer, hidden, width)
            : new Mixture(
                experts.router(layer, EXPERTS),
                rule(layer, experts),
                experts.read(layer, EXPERTS),
                null);
  }

  private static GatedFeedForward dense(Scope layer, int hidden, int width) {
    return new GatedFeedForward(
        layer.linear("feed_forward.w1", "ffn_gate", width, hidden, Bias.NONE),
        layer.linear("feed_forward.w3", "ffn_up", width, hidden, Bias.NONE),
        layer.linear("feed_forward.w2", "ffn_down", hidden, width, Bias.NONE));
  }

  /** Configs of the dense models tell a width from which two thirds are taken, rounded up. */
  private static int denseWidth(Source source) {
    Config config = source.config();
    boolean own = !source.gguf() && config.has("block_ff_dim");
    int width = source.size(own ? "block_ff_dim" : "intermediate_size", "feed_forward_length");
    if (source.gguf() || !config.flag("block_auto_adjust_ff_dim", true)) {
      return width;
    }
    long part = 2L * width / 3;
    long adjusted = (long) (part * config.number("block_ffn_dim_multiplier", 1));
    long multiple = source.size("block_multiple_of", "", 256);
    return (int) Math.min(Math.ceilDiv(adjusted, multiple) * multiple, Integer.MAX_VALUE);
  }

  private static ScoredTopK rule(Scope layer, ExpertParts experts) {
    Source source = layer.source();
    ScoredRouting.requireGating(source, Score.SIGMOID);
    ScoredTopK rule = ScoredTopK.sigmoid(experts.perToken());
    // GGUF files tell neither a factor nor that weights are not divided.
    if (!source.gguf()) {
      rule = rule.withScale(ScoredRouting.scale(source, 1));
    }
    if (source.gguf() || source.config().flag("use_expert_bias", true)) {
      rule =
          rule.withBias(ScoredRouting.bias(layer, "feed_forward.expert_bias", experts.experts()));
    }
    return source.gguf() || source.config().flag("norm_topk_prob", true)
        ? rule.normalised(EPSILON)
        : rule;
  }
}
