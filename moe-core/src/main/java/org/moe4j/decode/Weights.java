// SPDX-License-Identifier: Apache-2.0
package org.moe4j.decode;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.moe4j.Router;
import org.moe4j.device.Device;
import org.moe4j.device.Device.ExpertSet;
import org.moe4j.device.Device.FeedForwardWeights;
import org.moe4j.device.Device.LinearWeights;
import org.moe4j.device.Device.MixerWeights;
import org.moe4j.device.Device.NormWeights;
import org.moe4j.model.FeedForward;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Layer;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.model.Norm;

/**
 * One version of a model's weights on a device. Immutable.
 *
 * @param spec the model
 * @param embedding one row a token id
 * @param layers the layers in order
 * @param outputNorm norm before the output matrix
 * @param output hidden to logits
 */
public record Weights(
    ModelSpec spec,
    LinearWeights embedding,
    List<LayerWeights> layers,
    NormWeights outputNorm,
    LinearWeights output) {

  /** Copies the list. */
  public Weights {
    layers = List.copyOf(layers);
  }

  /**
   * One layer's weights.
   *
   * @param mixerNorm norm before the mixer
   * @param mixer the sequence mixer
   * @param mixerOutputNorm norm after the mixer, or null
   * @param feedForwardNorm norm before the feed-forward
   * @param feedForward dense, or a mixture
   * @param feedForwardOutputNorm norm after the feed-forward, or null
   * @param residualScale factor of both branches
   * @param outputScale factor of the layer's output
   */
  public record LayerWeights(
      NormWeights mixerNorm,
      MixerWeights mixer,
      @Nullable NormWeights mixerOutputNorm,
      NormWeights feedForwardNorm,
      LayerFeedForward feedForward,
      @Nullable NormWeights feedForwardOutputNorm,
      float residualScale,
      float outputScale) {}

  /** A layer's feed-forward on a device. */
  public sealed interface LayerFeedForward {}

  /**
   * A dense feed-forward.
   *
   * @param body its weights
   */
  public record Dense(FeedForwardWeights body) implements LayerFeedForward {}

  /**
   * A router with its experts.
   *
   * @param router hidden to router logits
   * @param familyRule the family's own rule
   * @param rule the rule in force: the family's, or what a caller put in its place
   * @param experts each expert alone
   * @param set the experts as the ids refer to them
   * @param shared an expert that always runs, or null
   * @param sharedGate hidden to the logit whose sigmoid scales the shared expert, or null
   * @param branches norms of parallel branches, or null
   */
  public record Experts(
      LinearWeights router,
      Router familyRule,
      Router rule,
      List<FeedForwardWeights> experts,
      ExpertSet set,
      @Nullable FeedForwardWeights shared,
      @Nullable LinearWeights sharedGate,
      @Nullable Branches branches)
      implements LayerFeedForward {

    /** Copies the list. */
    public Experts {
      experts = List.copyOf(experts);
    }
  }

  /**
   * Norms of a mixture whose router and chosen experts read the residual stream.
   *
   * @param router norm before the router
   * @param routerScale factor of what the router reads
   * @param experts norm before the chosen experts
   * @param expertsOutput norm of the sum of the chosen experts
   * @param sharedOutput norm of the shared expert's output
   */
  public record Branches(
      NormWeights router,
      float routerScale,
      NormWeights experts,
      NormWeights expertsOutput,
      NormWeights sharedOutput) {}

  /** What a caller put in the place of the model's own parts. */
  public interface Replacements {

    /**
     * The router of a layer.
     *
     * @param layer index of the layer
     * @param own the family's rule
     */
    Router router(int layer, Router own);

    /**
     * The expert in a place.
     *
     * @param layer index of the layer
     * @param index index of the expert
     * @param device where it is to be loaded
     * @return the loaded expert, or null for the model's own
     */
    @Nullable FeedForwardWeights expert(int layer, int index, Device device);
  }

  /**
   * Loads a model's weights.
   *
   * @param device where to
   * @param spec the model
   * @param replacements parts to put in the place of the model's own
   * @param loaded told the bytes of each part after it is loaded; may throw to end the loading
   */
  public static Weights load(
      Device device, ModelSpec spec, Replacements replacements, LongConsumer loaded) {
    LinearWeights embedding = device.loadTable(spec.embedding());
    loaded.accept(spec.embedding().weight().bytes());
    List<LayerWeights> layers = new ArrayList<>();
    for (int i = 0; i < spec.layers().size(); i++) {
      layers.add(load(device, i, spec.layers().get(i), replacements, loaded));
    }
    NormWeights outputNorm = device.load(spec.outputNorm());
    LinearWeights output = device.load(spec.output());
    loaded.accept(spec.output().weight().bytes());
    return new Weights(spec, embedding, layers, outputNorm, output);
  }

  private static LayerWeights load(
      Device device, int index, Layer layer, Replacements replacements, LongConsumer loaded) {
    NormWeights mixerNorm = device.load(layer.mixerNorm());
    MixerWeights mixer = device.load(layer.mixer());
    loaded.accept(0);
    return new LayerWeights(
        mixerNorm,
        mixer,
        load(device, layer.mixerOutputNorm()),
        device.load(layer.feedForwardNorm()),
        load(device, index, layer.feedForward(), replacements, loaded),
        load(device, layer.feedForwardOutputNorm()),
        layer.residualScale(),
        layer.outputScale());
  }

  private static @Nullable NormWeights load(Device device, @Nullable Norm norm) {
    return norm == null ? null : device.load(norm);
  }

  private static @Nullable Branches branches(Device device, Mixture.@Nullable Branches norms) {
    return norms == null
        ? null
        : new Branches(
            device.load(norms.router()),
            norms.routerScale(),
            device.load(norms.experts()),
            device.load(norms.expertsOutput()),
            device.load(norms.sharedOutput()));
  }

  private static LayerFeedForward load(
      Device device,
      int layer,
      FeedForward feedForward,
      Replacements replacements,
      LongConsumer loaded) {
    return switch (feedForward) {
      case GatedFeedForward dense -> {
        FeedForwardWeights body = device.load(dense);
        loaded.accept(dense.bytes());
        yield new Dense(body);
      }
      case Mixture mixture -> {
        List<FeedForwardWeights> experts = new ArrayList<>();
        for (int i = 0; i < mixture.experts().size(); i++) {
          FeedForwardWeights replacement = replacements.expert(layer, i, device);
          GatedFeedForward own = mixture.experts().get(i);
          experts.add(replacement == null ? device.load(own) : replacement);
          loaded.accept(own.bytes());
        }
        Mixture.SharedExpert shared = mixture.shared();
        yield new Experts(
            device.load(mixture.router()),
            mixture.rule(),
            replacements.router(layer, mixture.rule()),
            experts,
            device.experts(experts, mixture.weighting()),
            shared == null ? null : device.load(shared.body()),
            shared == null || shared.gate() == null ? null : device.load(shared.gate()),
            branches(device, mixture.branches()));
      }
    };
  }
}
