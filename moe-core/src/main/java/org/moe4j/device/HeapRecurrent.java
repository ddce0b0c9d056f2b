// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import org.moe4j.model.LayerState;

/**
 * Recurrent state of a sequence on the Java heap, for devices that compute there. The garbage
 * collector frees it.
 */
public final class HeapRecurrent implements Device.Recurrent {

  private final float[][] layers;

  private HeapRecurrent(float[][] layers) {
    this.layers = layers;
  }

  /**
   * Zeros.
   *
   * @param layout shape of the state
   */
  public static HeapRecurrent allocate(CacheLayout layout) {
    return new HeapRecurrent(
        layout.layers().stream()
            .mapToInt(LayerState::recurrent)
            .mapToObj(float[]::new)
            .toArray(float[][]::new));
  }

  /**
   * Copies state of the same layout.
   *
   * @param from the state to copy
   * @param to the state to overwrite
   */
  public static void copy(Device.Recurrent from, Device.Recurrent to) {
    float[][] source = ((HeapRecurrent) from).layers;
    float[][] target = ((HeapRecurrent) to).layers;
    for (int i = 0; i < source.length; i++) {
      System.arraycopy(source[i], 0, target[i], 0, source[i].length);
    }
  }

  /**
   * The values of one layer of a segment's sequence, to be read and written in place.
   *
   * @param segment the segment
   * @param layer index of the layer
   */
  public static float[] of(Batch.Segment segment, int layer) {
    return ((HeapRecurrent) segment.sequence().recurrent()).layers[layer];
  }

  @Override
  public void close() {}
}
