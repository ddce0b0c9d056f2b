// SPDX-License-Identifier: Apache-2.0
package org.moe4j.spi;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.moe4j.CacheType;
import org.moe4j.Expert;
import org.moe4j.Progress;
import org.moe4j.Router;

/**
 * Everything a {@link org.moe4j.MixtureModel.Builder} collected.
 *
 * @param path file or directory
 * @param device {@code auto} or a device's name
 * @param threads worker threads; empty for as many as the process has cores
 * @param contextLength most tokens of a sequence; empty for the model's own
 * @param cacheType how keys and values are stored
 * @param memoryLimit most bytes for weights and sequence state; empty for what the machine has
 * @param checkValues whether to refuse weights that are NaN or infinite
 * @param batchRows most rows of one step
 * @param queueLimit most requests that wait
 * @param progress told how far opening is
 * @param routers routers that replace a layer's own, by layer
 * @param experts experts that replace a layer's own, by layer and index
 */
public record ModelOptions(
    Path path,
    String device,
    OptionalInt threads,
    OptionalInt contextLength,
    CacheType cacheType,
    OptionalLong memoryLimit,
    boolean checkValues,
    int batchRows,
    int queueLimit,
    Optional<Progress> progress,
    Map<Integer, Router> routers,
    Map<ExpertId, Expert> experts) {

  /** Copies the maps. */
  public ModelOptions {
    routers = Map.copyOf(routers);
    experts = Map.copyOf(experts);
  }

  /**
   * The place of an expert.
   *
   * @param layer index of the layer
   * @param index index among the layer's experts
   */
  public record ExpertId(int layer, int index) {}
}
