// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.moe4j.ScoredTopK;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.Attention;
import org.moe4j.model.Attention.Temperature;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Mixture;
import org.moe4j.model.Mixture.SharedExpert;
import org.moe4j.model.Mixture.Weighting;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Norm;
import org.moe4j.model.Reach;

/**
 * The language model of Llama 4: layers that rotate and see a chunk of positions between layers
 * that do neither but sharpen their queries as positions grow. The weight of an expert multiplies
 * what goes into it; a shared expert always runs.
 *
 * <p>GGUF files tell neither chunks nor temperature: theirs are those of the published models.
 *
 * @see <a href="https://ai.meta.com/blog/llama-4-multimodal-intelligence/">The Llama 4 herd</a>
 */
final class Llama4 implements Family {

  private static final double BASE = 500_000;
  private static final int CHUNK = 8192;
  private static final String BLOCK = "feed_forward";

  /** Which layers rotate, which see a chunk only, and which have experts. */
  private record Layers(IntPredicate rotated, IntPredicate chunked, IntPredicate sparse) {}

  @Override
  public ModelSpec map(Source source) {
    Dimensions sizes = Dimensions.of(source, 128);
    Layers layers = source.gguf() ? gguf(source) : config(source, sizes.layers());
    Bias bias = AttentionRules.attentionBias(source);
    AttentionRules attention =
        AttentionRules.plain(sizes, RotaryRules.interleaved(source, sizes, BASE), bias, bias)
            .withReach(reach(source, layers));
    Norm norm = queryKeyNorm(source) ? Norm.plain(sizes.headSize(), sizes.epsilon()) : null;
    Temperature temperature = temperature(source);
    ExpertParts experts =
        ExpertParts.of(
            source, sizes.hidden(), source.size("intermediate_size", "expert_feed_forward_length"));
    return Skeleton.of(source, sizes)
        .build(
            (layer, index) ->
                layers.rotated.test(index)
                    ? attention.build(
                        index,
                        attention.maps(layer),
                        new Attention.Norms(norm, norm, null, true),
                        null)
                    : attention
                        .withRotary(i -> null)
                        .build(index, attention.maps(layer), Attention.Norms.NONE, temperature),
            (layer, index) -> feedForward(source, layer, experts, layers.sparse.test(index)));
  }

  private static FeedForward feedForward(
      Source source, Scope layer, ExpertParts experts, boolean sparse) {
    int hidden = experts.hidden();
    if (!sparse) {
      int width = source.size("intermediate_size_mlp", "feed_forward_length");
      return layer.gated(BLOCK, "", hidden, width, Bias.NONE);
    }
    return new Mixture(
        layer.linear(BLOCK + ".router", "ffn_gate_inp", experts.experts(), hidden, Bias.NONE),
        ScoredTopK.sigmoid(experts.perToken()),
        source.gguf() ? experts.read(layer, Names.MLP) : experts.tensors(layer).transposed(BLOCK),
        new SharedExpert(
            layer.gated(BLOCK + ".shared_expert", "_shexp", hidden, experts.width(), Bias.NONE),
            null),
        Weighting.INPUT);
  }

  /** Every fourth layer neither rotates nor has chunks. */
  private static Layers gguf(Source source) {
    if (source.config().int32(source.key("attention.sliding_window"), 1) == 0) {
      throw source.unsupported(
          source.key("attention.sliding_window"), "0", "chunks of " + CHUNK + " positions");
    }
    IntPredicate rotated = layer -> (layer + 1) % 4 != 0;
    int step = source.size("", "interleave_moe_layer_step");
    return new Layers(rotated, rotated, layer -> (layer + 1) % step == 0);
  }

  private static Layers config(Source source, int layers) {
    int interval = source.size("no_rope_layer_interval", "", 4);
    int[] listed =
        source.config().has("no_rope_layers") ? source.config().ints("no_rope_layers") : new int[0];
    if (listed.length > 0 && listed.length < layers) {
      throw source.badSetting(
          "no_rope_layers", "", "expected %d entries, found %d".formatted(layers, listed.length));
    }
    IntPredicate rotated =
        layer -> listed.length > 0 ? listed[layer] != 0 : (layer + 1) % interval != 0;
    return new Layers(rotated, chunked(source, layers, rotated), sparse(source));
  }

  private static IntPredicate chunked(Source source, int layers, IntPredicate rotated) {
    if (!source.config().has("layer_types")) {
      return rotated;
    }
    List<String> types =
        source.layerTypes("layer_types", layers, "full_attention", "chunked_attention");
    return layer -> types.get(layer).equals("chunked_attention");
  }

  private static IntPredicate sparse(Source source) {
    if (source.config().has("moe_layers")) {
      Set<Integer> listed =
          IntStream.of(source.config().ints("moe_layers")).boxed().collect(Collectors.toSet());
      return listed::contains;
    }
    int step = source.size("interleave_moe_layer_step", "", 1);
    return layer -> (layer + 1) % step == 0;
  }

  private static IntFunction<Reach> reach(Source source, Layers layers) {
    int positions = source.gguf() ? CHUNK : source.size("attention_chunk_size", "", CHUNK);
    return layer -> layers.chunked.test(layer) ? new Reach.Chunk(positions) : Reach.ALL;
  }

  /** The largest of the published models has none, which its GGUF files do not tell. */
  private static boolean queryKeyNorm(Source source) {
    return source.gguf()
        ? source.size("", "expert_count") != 128
        : source.config().flag("use_qk_norm", true);
  }

  private static @Nullable Temperature temperature(Source source) {
    if (source.gguf()) {
      return new Temperature(0.1f, CHUNK);
    }
    // Some published configs have a number in the place of true.
    boolean tuned =
        source.config().value("attn_temperature_tuning") instanceof Long number
            ? number != 0
            : source.config().flag("attn_temperature_tuning", true);
    return tuned
        ? new Temperature(
            (float) source.config().number("attn_scale", 0.1),
            source.size("floor_scale", "", CHUNK))
        : null;
  }
}
