// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import java.util.List;
import org.moe4j.CacheType;
import org.moe4j.model.LayerState;
import org.moe4j.model.ModelSpec;

/**
 * The shape of sequence state: pages of keys and values, and what a sequence has as a whole.
 *
 * @param positions positions of a page, a power of two
 * @param type how keys and values are stored
 * @param layers what each layer stores
 */
public record CacheLayout(int positions, CacheType type, List<LayerState> layers) {

  /** Positions of a page. Attention works in blocks of this size, aligned to absolute positions. */
  public static final int PAGE_POSITIONS = 64;

  /** Copies the list. */
  public CacheLayout {
    if (Integer.bitCount(positions) != 1) {
      throw new IllegalArgumentException("positions must be a power of two, was " + positions);
    }
    layers = List.copyOf(layers);
  }

  /**
   * The layout that a model needs.
   *
   * @param spec the model
   * @param type how keys and values are stored
   */
  public static CacheLayout of(ModelSpec spec, CacheType type) {
    List<LayerState> layers = spec.layers().stream().map(layer -> layer.mixer().state()).toList();
    return new CacheLayout(PAGE_POSITIONS, type, layers);
  }

  /** Values stored for a position, over all layers. */
  public long valuesPerPosition() {
    return layers.stream().mapToLong(LayerState::values).sum();
  }

  /**
   * Bytes of a row of values as stored; Q8_0 rows are padded to whole blocks of 32.
   *
   * @param width values of a row
   */
  public long rowBytes(int width) {
    return switch (type) {
      case F32 -> 4L * width;
      case F16 -> 2L * width;
      case Q8_0 -> 34L * ((width + 31) / 32);
    };
  }

  /** Bytes of a page. */
  public long pageBytes() {
    long bytes = 0;
    for (LayerState layer : layers) {
      bytes +=
          layer.heads() * (rowBytes(layer.keySize()) + rowBytes(layer.valueSize())) * positions;
    }
    return bytes;
  }

  /** Single-precision values that a sequence has as a whole, over all layers. */
  public long recurrentValues() {
    return layers.stream().mapToLong(LayerState::recurrent).sum();
  }

  /** Bytes of what a sequence has as a whole. */
  public long recurrentBytes() {
    return Float.BYTES * recurrentValues();
  }
}
