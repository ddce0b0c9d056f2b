// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.ArrayList;
import java.util.List;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.FeedForward;
import org.moe4j.model.Layer;
import org.moe4j.model.Linear;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Norm;
import org.moe4j.model.SequenceMixer;

/**
 * What all families have in common: embedding, pre-norm layers, last norm and output matrix.
 *
 * @param source the file
 * @param sizes the model's sizes
 * @param names names that differ between families
 * @param norms how a norm is read
 * @param scales factors of a few families
 */
record Skeleton(Source source, Dimensions sizes, Names names, NormReader norms, Scales scales) {

  /**
   * Names without {@code .weight}.
   *
   * @param embedding embedding table in safetensors
   * @param mixerNorm a layer's norm before the mixer, in safetensors
   * @param ggufMixerNorm the same in GGUF files
   * @param feedForwardNorm a layer's norm before the feed-forward, in safetensors
   * @param ggufFeedForwardNorm the same in GGUF files
   * @param outputNorm norm before the output matrix, in safetensors
   * @param output output matrix in safetensors
   */
  record Names(
      String embedding,
      String mixerNorm,
      String ggufMixerNorm,
      String feedForwardNorm,
      String ggufFeedForwardNorm,
      String outputNorm,
      String output) {

    static final Names USUAL =
        new Names(
            "model.embed_tokens",
            "input_layernorm",
            "attn_norm",
            "post_attention_layernorm",
            "ffn_norm",
            "model.norm",
            "lm_head");

    Names withGgufFeedForwardNorm(String name) {
      return new Names(
          embedding, mixerNorm, ggufMixerNorm, feedForwardNorm, name, outputNorm, output);
    }
  }

  /** How a norm over the hidden size is read. */
  @FunctionalInterface
  interface NormReader {
    Norm read(Scope scope, String hf, String gguf, long width, float epsilon);
  }

  /**
   * Factors.
   *
   * @param embedding of the embedding's rows
   * @param residual of what is added to the residual stream
   * @param logits of the logits
   * @param logitCap cap of the logits, 0 for none
   */
  record Scales(float embedding, float residual, float logits, float logitCap) {
    static final Scales NONE = new Scales(1, 1, 1, 0);
  }

  /** A layer's own parts. */
  @FunctionalInterface
  interface LayerPart<T> {
    T of(Scope layer, int index);
  }

  /** The usual names, root mean square norms, no factors. */
  static Skeleton of(Source source, Dimensions sizes) {
    return new Skeleton(source, sizes, Names.USUAL, Scope::norm, Scales.NONE);
  }

  Skeleton withNames(Names newNames) {
    return new Skeleton(source, sizes, newNames, norms, scales);
  }

  Skeleton withNorms(NormReader newNorms) {
    return new Skeleton(source, sizes, names, newNorms, scales);
  }

  Skeleton withScales(Scales newScales) {
    return new Skeleton(source, sizes, names, norms, newScales);
  }

  /** A norm of the hidden size. */
  Norm norm(Scope scope, String hf, String gguf) {
    return norms.read(scope, hf, gguf, sizes.hidden(), sizes.epsilon());
  }

  /** Layers with a norm before each of their two parts. */
  ModelSpec build(LayerPart<SequenceMixer> mixer, LayerPart<FeedForward> feedForward) {
    return build((layer, index) ->
        new Layer(
            norm(layer, names.mixerNorm, names.ggufMixerNorm),
            mixer.of(layer, index),
            null,
            norm(layer, names.feedForwardNorm, names.ggufFeedForwardNorm),
            feedForward.of(layer, index),
            null,
            scales.residual,
            1));
  }

  /** Layers that the family puts together itself. */
  ModelSpec build(LayerPart<Layer> layer) {
    Scope root = source.root();
    int hidden = sizes.hidden();
    Linear embedding =
        root.linear(names.embedding, "token_embd", sizes.vocabulary(), hidden, Bias.NONE);
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < sizes.layers(); i++) {
      layers.add(layer.of(source.layer(i), i));
    }
    return new ModelSpec(
        source.family(),
        hidden,
        sizes.vocabulary(),
        sizes.context(),
        embedding,
        layers,
        norm(root, names.outputNorm, "output_norm"),
        isTied() ? embedding : output(root),
        scales.embedding,
        scales.logits,
        scales.logitCap);
  }

  /** Its bias, which few families have, is there if the file has one. */
  private Linear output(Scope root) {
    return root.linear(names.output, "output", sizes.vocabulary(), sizes.hidden(), Bias.IF_PRESENT);
  }

  /**
   * An output matrix that is there is used, whatever the settings say; one that is missing must not
   * have been promised.
   */
  private boolean isTied() {
    return !source.root().has(names.output + ".weight", "output.weight")
        && (source.gguf() || source.config().flag("tie_word_embeddings", true));
  }
}
