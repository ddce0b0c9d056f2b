// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.model.LayerState;

/**
 * A page outside the Java heap: for each layer the keys of all heads, then their values, in the
 * page's format.
 */
final class CpuPage implements Device.Page {

  private static final long LINE = 64;

  private final CacheLayout layout;
  private final CacheFormat format;
  private final Consumer<CpuPage> closed;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final long address;
  private final long[] starts;

  CpuPage(CacheLayout layout, Consumer<CpuPage> closed) {
    if (layout.positions() != CacheFormat.POSITIONS) {
      throw new IllegalArgumentException(
          "pages must have %d positions, were %d"
              .formatted(CacheFormat.POSITIONS, layout.positions()));
    }
    this.layout = layout;
    this.closed = closed;
    format = CacheFormat.of(layout.type());
    List<LayerState> layers = layout.layers();
    starts = new long[layers.size() + 1];
    for (int i = 0; i < layers.size(); i++) {
      starts[i + 1] = starts[i] + bytes(format, layers.get(i));
    }
    memory = arena.allocate(Math.max(LINE, starts[layers.size()]), LINE);
    address = Native.register(memory);
  }

  /** The bytes of this page. */
  long bytes() {
    return memory.byteSize();
  }

  private static long bytes(CacheFormat format, LayerState layer) {
    return layer.heads()
        * (format.keyBytes(layer.keySize()) + format.valueBytes(layer.valueSize()));
  }

  /** The bytes of a page. */
  static long bytes(CacheLayout layout) {
    CacheFormat format = CacheFormat.of(layout.type());
    return layout.layers().stream().mapToLong(layer -> bytes(format, layer)).sum();
  }

  CacheFormat format() {
    return format;
  }

  /** Where the keys of a head are. */
  long keys(int layer, int head) {
    return address + starts[layer] + head * format.keyBytes(layout.layers().get(layer).keySize());
  }

  /** Where the values of a head are. */
  long values(int layer, int head) {
    LayerState state = layout.layers().get(layer);
    return address
        + starts[layer]
        + state.heads() * format.keyBytes(state.keySize())
        + head * format.valueBytes(state.valueSize());
  }

  void copyFrom(CpuPage other) {
    memory.copyFrom(other.memory);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      Native.forget(address);
      arena.close();
      closed.accept(this);
    }
  }
}
