// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

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

  private final CacheLayout layout;
  private final CacheFormat format;
  private final PageMemory.Piece memory;
  private final Consumer<CpuPage> closed;
  private final long address;
  private final long[] starts;

  private boolean open = true;

  /**
   * Makes a page.
   *
   * @param layout its shape
   * @param pages where its memory comes from and goes
   * @param closed told when it is closed
   */
  CpuPage(CacheLayout layout, PageMemory pages, Consumer<CpuPage> closed) {
    if (layout.positions() != CacheFormat.POSITIONS) {
      throw new IllegalArgumentException(
          "pages must have %d positions, were %d"
              .formatted(CacheFormat.POSITIONS, layout.positions()));
    }
    this.layout = layout;
    format = CacheFormat.of(layout.type());
    List<LayerState> layers = layout.layers();
    starts = new long[layers.size() + 1];
    for (int i = 0; i < layers.size(); i++) {
      starts[i + 1] = starts[i] + bytes(format, layers.get(i));
    }
    memory = pages.take(starts[layers.size()]);
    address = Native.register(memory.segment());
    this.closed =
        page -> {
          pages.giveBack(memory);
          closed.accept(page);
        };
  }

  /** The bytes of this page. */
  long bytes() {
    return memory.segment().byteSize();
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
    memory.segment().copyFrom(other.memory.segment());
  }

  @Override
  public synchronized void close() {
    if (open) {
      open = false;
      Native.forget(address);
      closed.accept(this);
    }
  }
}
