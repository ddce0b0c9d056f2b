// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import java.util.Optional;
import org.moe4j.device.Device;
import org.moe4j.device.DeviceProvider;
import org.moe4j.format.TensorData;

/** Makes {@link ScalarDevice}s, which run everywhere. */
public final class ScalarDeviceProvider implements DeviceProvider {

  /** For {@link java.util.ServiceLoader}. */
  public ScalarDeviceProvider() {}

  @Override
  public String name() {
    return "scalar";
  }

  /** The lowest: anything else is faster. */
  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  /** Weights stay where the file has them, if it has them as they are. */
  @Override
  public long bytes(TensorData matrix) {
    return matrix.isDerived() ? matrix.bytes() : 0;
  }

  /**
   * Opens a device.
   *
   * @param threads not used: everything runs on the calling thread
   */
  @Override
  public Device open(int threads) {
    return new ScalarDevice();
  }
}
