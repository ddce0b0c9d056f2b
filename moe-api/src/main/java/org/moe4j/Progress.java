// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/** Told how far the opening of a model is, and able to end it. */
@FunctionalInterface
public interface Progress {

  /**
   * Called now and then from the opening thread.
   *
   * @param stage what is being done, such as {@code loading weights}
   * @param fraction how much of the whole opening is done, 0 to 1
   * @return whether to go on; false ends the opening with {@link MixtureException.Closed}
   */
  boolean update(String stage, double fraction);
}
