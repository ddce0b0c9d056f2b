// SPDX-License-Identifier: Apache-2.0
package org.moe4j.spi;

import java.nio.file.Path;
import java.util.List;
import org.moe4j.BadValue;
import org.moe4j.MemoryPlan;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;

/**
 * Opens models. Found through {@link java.util.ServiceLoader} with the class loader of {@link
 * MixtureModel}.
 */
public interface ModelProvider {

  /**
   * Opens a model.
   *
   * @param options what the caller asked for
   * @throws MixtureException if the model cannot be opened; nothing stays open then
   */
  MixtureModel open(ModelOptions options);

  /**
   * Tells how much memory a model will take, without loading it.
   *
   * @param options what the caller asked for
   * @throws MixtureException if the files are missing or damaged, or the model is not supported
   */
  MemoryPlan plan(ModelOptions options);

  /**
   * Describes a model without loading it.
   *
   * @param path file or directory
   * @throws MixtureException if the files are missing or damaged
   */
  ModelInfo inspect(Path path);

  /**
   * Reads every weight of a model.
   *
   * @param path file or directory
   * @return the first weight that is no finite number of each tensor that has one
   * @throws MixtureException if the files are missing or damaged
   */
  List<BadValue> checkValues(Path path);
}
