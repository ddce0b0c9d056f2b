// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.ArrayList;
import java.util.List;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Layer;
import org.moe4j.model.Linear;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.SequenceMixer;

/** What all families have in common: embedding, pre-norm layers, last norm and output matrix. */
final class Skeleton {

  private Skeleton() {}

  /** A layer's own parts. */
  @FunctionalInterface
  interface LayerPart<T> {
    T of(Scope layer, int index);
  }

  static ModelSpec build(
      Source source,
      Dimensions sizes,
      LayerPart<SequenceMixer> mixer,
      LayerPart<FeedForward> feedForward) {
    Scope root = source.root();
    int hidden = sizes.hidden();
    float epsilon = sizes.epsilon();
    Linear embedding =
        root.linear("model.embed_tokens", "token_embd", sizes.vocabulary(), hidden, Bias.NONE);
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < sizes.layers(); i++) {
      Scope layer = source.layer(i);
      layers.add(
          new Layer(
              layer.norm("input_layernorm", "attn_norm", hidden, epsilon),
              mixer.of(layer, i),
              layer.norm("post_attention_layernorm", "ffn_norm", hidden, epsilon),
              feedForward.of(layer, i)));
    }
    return new ModelSpec(
        source.family(),
        hidden,
        sizes.vocabulary(),
        sizes.context(),
        embedding,
        layers,
        root.norm("model.norm", "output_norm", hidden, epsilon),
        isTied(source) ? embedding : output(root, sizes));
  }

  private static Linear output(Scope root, Dimensions sizes) {
    return root.linear("lm_head", "output", sizes.vocabulary(), sizes.hidden(), Bias.NONE);
  }

  /**
   * An output matrix that is there is used, whatever the settings say; one that is missing must not
   * have been promised.
   */
  private static boolean isTied(Source source) {
    return !source.root().has("lm_head.weight", "output.weight")
        && (source.gguf() || source.config().flag("tie_word_embeddings", true));
  }
}
