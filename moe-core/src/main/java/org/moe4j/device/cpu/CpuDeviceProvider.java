// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.nio.ByteOrder;
import java.util.Optional;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.DeviceProvider;
import org.moe4j.format.TensorData;

/** Makes {@link CpuDevice}s where the Vector API is there. This class itself does not touch it. */
public final class CpuDeviceProvider implements DeviceProvider {

  private static final String MODULE = "jdk.incubator.vector";

  /** For {@link java.util.ServiceLoader}. */
  public CpuDeviceProvider() {}

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public int priority() {
    return 10;
  }

  @Override
  public Optional<String> unavailable() {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      return Optional.of("the processor is big-endian");
    }
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      return Optional.of("start Java with --add-modules " + MODULE + " to use vector instructions");
    }
    return Optional.empty();
  }

  @Override
  public long bytes(TensorData matrix) {
    return Packer.bytes(matrix);
  }

  /** The table stays where the file has it, if it has it as it is. */
  @Override
  public long tableBytes(TensorData table) {
    return table.isDerived() ? table.bytes() : 0;
  }

  @Override
  public long pageBytes(CacheLayout layout) {
    return CpuPage.bytes(layout);
  }

  @Override
  public Device open(int threads) {
    unavailable()
        .ifPresent(reason -> {
          throw new IllegalStateException("device cpu: " + reason);
        });
    return VectorDevices.open(threads);
  }

  /** Loaded when a device is opened, with the classes of the Vector API. */
  private static final class VectorDevices {
    static Device open(int threads) {
      String code = MachineMatmul.find().map(found -> ", " + found.name()).orElse("");
      String description =
          "cpu (%d-bit vectors%s, %d %s)"
              .formatted(Lanes.BITS, code, threads, threads == 1 ? "thread" : "threads");
      return new CpuDevice(Kernels.best(), description, threads);
    }
  }
}
