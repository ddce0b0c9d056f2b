// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.Set;
import java.util.function.IntPredicate;
import org.moe4j.SoftmaxTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Attention;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Rotary;

/**
 * Qwen3-Next and the language model of Qwen3.5-MoE: gated DeltaNet in most layers, attention with
 * an output gate in the others; a mixture with a gated shared expert in each. Layers that guess
 * further tokens are left out.
 *
 * @see <a href="https://arxiv.org/abs/2412.06464">Gated Delta Networks</a>
 */
final class QwenNext implements Family {

  /** Every so many-th layer has attention where the settings do not list them. */
  private static final int INTERVAL = 4;

  private static final double ROTATED_SHARE = 0.25;

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = sizes(source);
    int hidden = sizes.hidden();
    source.requireFlag("attn_output_gate", true);
    IntPredicate attentive = attention(source);
    Rotary rotary =
        RotaryRules.partialHalfSplit(source, sizes, RotaryRules.DEFAULT_BASE, ROTATED_SHARE);
    if (source.gguf()) {
      // The three sections turn by the same position in a text.
      source.key("rope.dimension_sections");
    }
    Bias bias = AttentionRules.attentionBias(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, rotary, bias, bias).withNorms(QueryKeyNorms.offsetHeads(sizes));
    DeltaNetParts deltaNet = DeltaNetParts.of(source, sizes);
    ExpertParts experts = QwenExperts.read(source, hidden);
    SoftmaxTopK rule = experts.softmax(source, true);
    IntPredicate sparse = QwenExperts.sparseLayers(source);
    return Skeleton.of(source, sizes)
        .withNames(Skeleton.Names.USUAL.withGgufFeedForwardNorm("post_attention_norm"))
        .withNorms(Scope::offsetNorm)
        .build(
            (layer, index) ->
                attentive.test(index)
                    ? attention.build(layer, index, maps(attention, layer))
                    : deltaNet.build(layer),
            (layer, index) ->
                sparse.test(index)
                    ? new Mixture(
                        experts.router(layer, Names.MLP),
                        rule,
                        experts.read(layer, Names.MLP),
                        Qwen2Moe.shared(layer, hidden))
                    : layer.gated("mlp", "", hidden, QwenExperts.denseWidth(source), Bias.NONE));
  }

  private static Dimensions sizes(Source source) {
    source.leaveOut("mtp.");
    int kvHeads = source.size("num_key_value_heads", "attention.head_count_kv");
    Dimensions all = HybridLayers.of(source, attention(source), kvHeads, "rms_norm_eps").sizes();
    if (!source.gguf()) {
      return all;
    }
    int guessing = source.config().int32(source.key("nextn_predict_layers"), 0);
    if (guessing >= all.layers()) {
      throw source.badSetting(
          "",
          "nextn_predict_layers",
          "expected less than %d, found %d".formatted(all.layers(), guessing));
    }
    for (int i = 1; i <= guessing; i++) {
      source.leaveOut("blk." + (all.layers() - i) + ".");
    }
    return all.withLayers(all.layers() - guessing);
  }

  private static IntPredicate attention(Source source) {
    int interval = source.size("full_attention_interval", "full_attention_interval", INTERVAL);
    if (!source.gguf()) {
      return source.config().has("layer_types")
          ? HybridLayers.byType(source, "layer_types", Set.of("linear_attention"))
          : layer -> (layer + 1) % interval == 0;
    }
    String key = source.key("attention.recurrent_layers");
    if (!source.config().has(key)) {
      return layer -> (layer + 1) % interval == 0;
    }
    boolean[] recurrent = source.config().flags(key);
    HybridLayers.requireEntries(source, key, recurrent.length);
    return layer -> !recurrent[layer];
  }

  /** The rows of the query map are a query and a gate for each head, one after the other. */
  private static Attention.Maps maps(AttentionRules attention, Scope layer) {
    Dimensions sizes = attention.sizes();
    int hidden = sizes.hidden();
    int size = sizes.headSize();
    long width = sizes.queryWidth();
    Bias bias = attention.inputBias();
    Linear both = layer.linear("self_attn.q_proj", "attn_q", 2 * width, hidden, bias);
    return new Attention.Maps(
        both.select(width, row -> row / size * 2 * size + row % size),
        layer.linear("self_attn.k_proj", "attn_k", sizes.keyWidth(), hidden, bias),
        layer.linear("self_attn.v_proj", "attn_v", sizes.keyWidth(), hidden, bias),
        layer.linear("self_attn.o_proj", "attn_output", hidden, width, bias),
        both.select(width, row -> row / size * 2 * size + size + row % size));
  }
}
