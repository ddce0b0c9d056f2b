// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import java.util.Optional;
import java.util.OptionalLong;
import org.moe4j.format.TensorData;

/** Makes devices of one kind. Found through {@link java.util.ServiceLoader}. */
public interface DeviceProvider {

  /** Name by which a caller asks for the device, such as {@code cpu}. */
  String name();

  /** Which device {@code auto} prefers: the highest that is usable. */
  int priority();

  /** Why the device cannot be used here, and what would change that; empty if it can. */
  Optional<String> unavailable();

  /**
   * Bytes of the device's memory that a matrix takes once it is loaded, without loading it. What
   * stays in a mapped file takes none.
   *
   * @param matrix the weights of a linear map, of any supported type
   */
  long bytes(TensorData matrix);

  /**
   * The same for an embedding table.
   *
   * @param table one row a token id
   */
  default long tableBytes(TensorData table) {
    return bytes(table);
  }

  /**
   * Bytes of a page.
   *
   * @param layout shape of the page
   */
  default long pageBytes(CacheLayout layout) {
    return layout.pageBytes();
  }

  /** Bytes of memory that the device has to itself; empty where it shares the machine's. */
  default OptionalLong memory() {
    return OptionalLong.empty();
  }

  /**
   * Opens a device.
   *
   * @param threads worker threads, the calling one included; at least 1
   */
  Device open(int threads);
}
