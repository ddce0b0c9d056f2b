// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.moe4j.device.Batch;
import org.moe4j.device.Device;

/** A sequence mixer on this device. */
interface ScalarMixer extends Device.MixerWeights {

  /**
   * Appends the rows' state and mixes each row with the state up to its position.
   *
   * @param layer index of the layer, which selects the part of a sequence's state
   * @param batch gives positions and state
   * @param in normed rows
   * @param out receives the mixer's output
   */
  void apply(int layer, Batch batch, float[][] in, float[][] out);
}
