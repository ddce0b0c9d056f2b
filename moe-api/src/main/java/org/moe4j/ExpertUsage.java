// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How often each expert of each layer ran for one answer, prompt rows included. Immutable.
 *
 * <p>Layers without experts do not appear.
 */
public final class ExpertUsage {

  private final List<Layer> layers;

  /**
   * Creates the usage.
   *
   * @param layers one entry for each layer with experts
   */
  public ExpertUsage(List<Layer> layers) {
    this.layers = List.copyOf(layers);
  }

  /** The layers that have experts, in order. */
  public List<Layer> layers() {
    return layers;
  }

  /**
   * The usage of one layer.
   *
   * @param layer index of the layer in the model
   * @throws MixtureException.BadRequest if that layer has no experts
   */
  public Layer layer(int layer) {
    for (Layer candidate : layers) {
      if (candidate.layer() == layer) {
        return candidate;
      }
    }
    List<Integer> known = new ArrayList<>();
    layers.forEach(l -> known.add(l.layer()));
    throw new MixtureException.BadRequest(
        "layer %d has no experts; layers that have: %s".formatted(layer, known));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExpertUsage usage && usage.layers.equals(layers);
  }

  @Override
  public int hashCode() {
    return layers.hashCode();
  }

  @Override
  public String toString() {
    return "ExpertUsage" + layers;
  }

  /**
   * One layer's counts.
   *
   * @param layer index of the layer in the model
   * @param counts for each expert, the number of rows it ran for
   */
  public record Layer(int layer, List<Long> counts) {

    /** Copies the counts. */
    public Layer {
      counts = List.copyOf(counts);
    }

    /**
     * How many rows an expert ran for.
     *
     * @param expert {@code 0 <= expert < experts()}
     */
    public long count(int expert) {
      return counts.get(Objects.checkIndex(expert, counts.size()));
    }

    /** Number of experts. */
    public int experts() {
      return counts.size();
    }

    /** Sum over all experts: rows times experts a row. */
    public long total() {
      return counts.stream().mapToLong(Long::longValue).sum();
    }
  }
}
