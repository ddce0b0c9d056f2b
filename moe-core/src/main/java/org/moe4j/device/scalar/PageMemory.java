// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorType;
import org.moe4j.model.LayerState;

/**
 * A page outside the Java heap: for each layer the keys {@code [head][position][width]}, then the
 * values likewise. A Q8_0 row is padded with zeros to whole blocks, each a half-precision scale and
 * 32 signed bytes.
 */
final class PageMemory implements Device.Page {

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final int BLOCK = 32;
  private static final int BLOCK_BYTES = 34;

  private final CacheLayout layout;
  private final Consumer<PageMemory> closed;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment data;

  PageMemory(CacheLayout layout, Consumer<PageMemory> closed) {
    this.layout = layout;
    this.closed = closed;
    data = arena.allocate(Math.max(1, layout.pageBytes()), Long.BYTES);
  }

  void copyFrom(PageMemory other) {
    data.copyFrom(other.data);
  }

  /** Where the row of a key is. */
  long keyOffset(int layer, int head, int position) {
    long keyBytes = layout.rowBytes(layout.layers().get(layer).keySize());
    return start(layer) + ((long) head * layout.positions() + position) * keyBytes;
  }

  /** Where the row of a value is. */
  long valueOffset(int layer, int head, int position) {
    LayerState state = layout.layers().get(layer);
    long keyBytes = layout.rowBytes(state.keySize());
    long valueBytes = layout.rowBytes(state.valueSize());
    return start(layer)
        + (long) state.heads() * layout.positions() * keyBytes
        + ((long) head * layout.positions() + position) * valueBytes;
  }

  private long start(int layer) {
    long start = 0;
    for (LayerState state : layout.layers().subList(0, layer)) {
      long rowBytes = layout.rowBytes(state.keySize()) + layout.rowBytes(state.valueSize());
      start += (long) state.heads() * layout.positions() * rowBytes;
    }
    return start;
  }

  /** Stores a row of values. */
  void write(long offset, float[] values, int from, int width) {
    switch (layout.type()) {
      case F32 -> MemorySegment.copy(values, from, data, FLOAT, offset, width);
      case F16 -> {
        for (int i = 0; i < width; i++) {
          data.set(SHORT, offset + 2L * i, Float.floatToFloat16(values[from + i]));
        }
      }
      case Q8_0 -> {
        for (int i = 0; i < width; i += BLOCK) {
          long block = offset + (long) i / BLOCK * BLOCK_BYTES;
          writeBlock(block, values, from + i, Math.min(BLOCK, width - i));
        }
      }
    }
  }

  /**
   * The scale maps the largest magnitude to 127; the bytes are rounded with the scale before it
   * becomes a half.
   */
  private void writeBlock(long offset, float[] values, int from, int count) {
    float most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, Math.abs(values[from + i]));
    }
    float scale = most / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    data.set(SHORT, offset, Float.floatToFloat16(scale));
    for (int i = 0; i < BLOCK; i++) {
      float scaled = i < count ? values[from + i] * inverse : 0;
      data.set(ValueLayout.JAVA_BYTE, offset + 2 + i, (byte) Math.rint(scaled));
    }
  }

  /** Reads a row of values back. */
  void read(long offset, float[] into, int width) {
    switch (layout.type()) {
      case F32 -> MemorySegment.copy(data, FLOAT, offset, into, 0, width);
      case F16 -> Dequantizer.row(TensorType.F16, data, offset, into, 0, width);
      case Q8_0 -> {
        for (int i = 0; i < width; i++) {
          long block = offset + (long) i / BLOCK * BLOCK_BYTES;
          float scale = Float.float16ToFloat(data.get(SHORT, block));
          into[i] = scale * data.get(ValueLayout.JAVA_BYTE, block + 2 + i % BLOCK);
        }
      }
    }
  }

  int positions() {
    return layout.positions();
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      closed.accept(this);
    }
  }
}
