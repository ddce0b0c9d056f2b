// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import java.util.Optional;

/** Makes devices of one kind. Found through {@link java.util.ServiceLoader}. */
public interface DeviceProvider {

  /** Name by which a caller asks for the device, such as {@code cpu}. */
  String name();

  /** Which device {@code auto} prefers: the highest that is usable. */
  int priority();

  /** Why the device cannot be used here, and what would change that; empty if it can. */
  Optional<String> unavailable();

  /**
   * Opens a device.
   *
   * @param threads worker threads, the calling one included; at least 1
   */
  Device open(int threads);
}
