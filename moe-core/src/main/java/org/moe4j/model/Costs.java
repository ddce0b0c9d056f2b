// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.moe4j.format.TensorData;
import org.moe4j.model.Mixture.SharedExpert;

/**
 * What a model costs, from its tensors alone.
 *
 * <p>A token takes part with one row of the embedding, with the experts that its routers choose,
 * and with all else. A matrix that is embedding and output matrix at once counts once. Where the
 * experts of a layer differ in size, their mean counts.
 *
 * @param parameters number of weights
 * @param activeParameters weights that take part in one token
 * @param activeBytesPerToken bytes of these weights as stored
 * @param cacheValuesPerToken keys and values that are stored for one token, over all layers
 */
public record Costs(
    long parameters, long activeParameters, long activeBytesPerToken, long cacheValuesPerToken) {

  /**
   * Adds up a model's tensors.
   *
   * @param spec the model
   */
  public static Costs of(ModelSpec spec) {
    Sum parameters = new Sum(TensorData::elements);
    Sum bytes = new Sum(TensorData::bytes);
    return new Costs(
        parameters.all(spec), parameters.active(spec), bytes.active(spec), cacheValues(spec));
  }

  private static long cacheValues(ModelSpec spec) {
    long values = 0;
    for (Layer layer : spec.layers()) {
      values += layer.mixer().state().values();
    }
    return values;
  }

  /** Adds up one measure of tensors. */
  private record Sum(ToLongFunction<TensorData> measure) {

    long all(ModelSpec spec) {
      return outside(spec)
          + (isTied(spec) ? 0 : of(spec.embedding()))
          + spec.layers().stream().mapToLong(layer -> layer(layer, false)).sum();
    }

    long active(ModelSpec spec) {
      long row = isTied(spec) ? 0 : of(spec.embedding()) / spec.vocabularySize();
      return outside(spec)
          + row
          + spec.layers().stream().mapToLong(layer -> layer(layer, true)).sum();
    }

    private long outside(ModelSpec spec) {
      return of(spec.output()) + of(spec.outputNorm());
    }

    private static boolean isTied(ModelSpec spec) {
      return spec.output().equals(spec.embedding());
    }

    private long layer(Layer layer, boolean active) {
      long norms =
          of(layer.mixerNorm())
              + of(layer.mixerOutputNorm())
              + of(layer.feedForwardNorm())
              + of(layer.feedForwardOutputNorm());
      long mixer = of(layer.mixer().tensors());
      long feedForward =
          switch (layer.feedForward()) {
            case GatedFeedForward dense -> of(dense);
            case Mixture mixture -> mixture(mixture, active);
          };
      return norms + mixer + feedForward;
    }

    private long mixture(Mixture mixture, boolean active) {
      int count = mixture.experts().size();
      long experts = mixture.experts().stream().mapToLong(this::of).sum();
      if (active) {
        experts = experts / count * Math.min(count, mixture.rule().mostExperts());
      }
      SharedExpert shared = mixture.shared();
      long norms =
          mixture.branches() == null
              ? 0
              : mixture.branches().norms().stream().mapToLong(this::of).sum();
      return of(mixture.router())
          + norms
          + experts
          + (shared == null ? 0 : of(shared.body()) + of(shared.gate()));
    }

    private long of(GatedFeedForward body) {
      return of(body.gate()) + of(body.up()) + of(body.down());
    }

    private long of(@Nullable Linear linear) {
      return linear == null ? 0 : of(linear.tensors());
    }

    private long of(@Nullable Norm norm) {
      return norm == null ? 0 : of(norm.tensors());
    }

    private long of(List<TensorData> tensors) {
      return tensors.stream().mapToLong(measure).sum();
    }
  }
}
