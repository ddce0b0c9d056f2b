// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import org.moe4j.PerExpert;
import org.moe4j.ScoredTopK;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Activation;
import org.moe4j.model.Attention;
import org.moe4j.model.FeedForward;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Layer;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.SharedExpert;
import org.moe4j.model.Mixture.Weighting;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Norm;

/**
 * The language model of Gemma 4 without inputs by layer or shared keys: norms before and after both
 * parts of a layer, sliding layers and full ones with heads and rotation of their own, and
 * optionally a mixture beside each dense feed-forward, which reads the residual stream itself.
 *
 * <p>A GGUF file that tells no cap of the logits has none, as a config; llama.cpp caps them at 30.
 *
 * @see <a href="https://ai.google.dev/gemma/docs/core/model_card_4">Gemma 4 model card</a>
 */
final class Gemma4 implements Family {

  private static final String GELU = "gelu_pytorch_tanh";

  @Override
  public ModelSpec map(Source source) {
    requireKnown(source);
    int heads = source.size("num_attention_heads", "attention.head_count");
    int layers = source.size("num_hidden_layers", "block_count");
    Dimensions sizes =
        Dimensions.of(
            source,
            layers,
            heads,
            heads,
            2,
            (float) source.number("rms_norm_eps", "attention.layer_norm_rms_epsilon", 1e-6));
    // A tensor of the file confirms the size before anything is allocated by it.
    source
        .root()
        .tensor(
            "model.embed_tokens.weight", "token_embd.weight", sizes.vocabulary(), sizes.hidden());
    List<Gemma4Layers.Heads> kinds = Gemma4Layers.read(source, layers, heads);
    float cap = (float) source.number("final_logit_softcapping", "final_logit_softcapping", 0);
    Skeleton skeleton =
        Skeleton.of(source, sizes)
            .withScales(new Skeleton.Scales((float) Math.sqrt(sizes.hidden()), 1, 1, cap));
    return skeleton.build((layer, index) ->
        new Layer(
            skeleton.norm(layer, "input_layernorm", "attn_norm"),
            attention(layer, sizes, kinds.get(index)),
            skeleton.norm(layer, "post_attention_layernorm", "post_attention_norm"),
            skeleton.norm(layer, "pre_feedforward_layernorm", "ffn_norm"),
            feedForward(source, layer, skeleton),
            skeleton.norm(layer, "post_feedforward_layernorm", "post_ffw_norm"),
            1,
            layer.has("layer_scalar", "layer_output_scale.weight")
                ? layer.values("layer_scalar", "layer_output_scale.weight", 1)[0]
                : 1));
  }

  private static Attention attention(Scope layer, Dimensions sizes, Gemma4Layers.Heads kind) {
    int hidden = sizes.hidden();
    long queryWidth = (long) sizes.heads() * kind.headSize();
    long keyWidth = (long) kind.kvHeads() * kind.headSize();
    Bias bias = AttentionRules.attentionBias(layer.source());
    return new Attention(
        sizes.heads(),
        kind.kvHeads(),
        kind.headSize(),
        new Attention.Maps(
            layer.linear("self_attn.q_proj", "attn_q", queryWidth, hidden, bias),
            layer.linear("self_attn.k_proj", "attn_k", keyWidth, hidden, bias),
            kind.keysAreValues()
                ? null
                : layer.linear("self_attn.v_proj", "attn_v", keyWidth, hidden, bias),
            layer.linear("self_attn.o_proj", "attn_output", hidden, queryWidth, bias),
            null),
        0,
        new Attention.Norms(
            layer.norm("self_attn.q_norm", "attn_q_norm", kind.headSize(), sizes.epsilon()),
            layer.norm("self_attn.k_norm", "attn_k_norm", kind.headSize(), sizes.epsilon()),
            Norm.plain(kind.headSize(), sizes.epsilon()),
            false),
        kind.rotary(),
        null,
        1,
        kind.reach(),
        null);
  }

  private static FeedForward feedForward(Source source, Scope layer, Skeleton skeleton) {
    Dimensions sizes = skeleton.sizes();
    int hidden = sizes.hidden();
    int width = source.size("intermediate_size", "feed_forward_length");
    GatedFeedForward dense = gelu(layer.gated("mlp", "", hidden, width, Bias.NONE));
    if (!isMixture(source)) {
      return dense;
    }
    ExpertParts experts =
        ExpertParts.of(
            source,
            source.size("num_experts", "expert_count"),
            source.size("top_k_experts", "expert_used_count"),
            hidden,
            source.size("moe_intermediate_size", "expert_feed_forward_length"));
    PerExpert scale =
        layer.perExpert("router.per_expert_scale", "ffn_down_exps.scale", experts.experts());
    Norm router =
        Norm.rootMeanSquare(
            layer.tensor("router.scale", "ffn_gate_inp.scale", hidden), sizes.epsilon());
    return new Mixture(
        layer.linear("router.proj", "ffn_gate_inp", experts.experts(), hidden, Bias.NONE),
        ScoredTopK.softmax(experts.perToken()).normalised(0).withExpertScale(scale),
        experts(layer, experts).stream().map(Gemma4::gelu).toList(),
        new SharedExpert(dense, null),
        Weighting.OUTPUT,
        new Mixture.Branches(
            router,
            (float) (1 / Math.sqrt(hidden)),
            skeleton.norm(layer, "pre_feedforward_layernorm_2", "pre_ffw_norm_2"),
            skeleton.norm(layer, "post_feedforward_layernorm_2", "post_ffw_norm_2"),
            skeleton.norm(layer, "post_feedforward_layernorm_1", "post_ffw_norm_1")));
  }

  private static List<GatedFeedForward> experts(Scope layer, ExpertParts parts) {
    return layer.source().gguf()
        ? parts.read(layer, ExpertParts.Names.MLP)
        : parts.tensors(layer).fused("experts.gate_up_proj", "experts.down_proj");
  }

  private static GatedFeedForward gelu(GatedFeedForward body) {
    return new GatedFeedForward(body.gate(), body.up(), body.down(), Activation.GELU);
  }

  private static boolean isMixture(Source source) {
    return source.gguf()
        ? source.config().int32(source.key("expert_count"), 0) > 0
        : source.config().flag("enable_moe_block", false);
  }

  /** What only the small and the encoder-like models have. */
  private static void requireKnown(Source source) {
    if (source.gguf()) {
      source.requireZero(source.key("attention.shared_kv_layers"), 0);
      source.requireZero(source.key("embedding_length_per_layer_input"), 0);
      return;
    }
    source.requireZero("num_kv_shared_layers", 0);
    source.requireZero("hidden_size_per_layer_input", 256);
    source.oneOf("hidden_activation", GELU, GELU);
    source.oneOf("use_bidirectional_attention", "vision", "vision");
  }
}
