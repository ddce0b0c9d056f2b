// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.moe4j.Forked;
import org.moe4j.device.Device;
import org.moe4j.device.DeviceProvider;

/** With and without the module of the Vector API. */
class CpuDeviceProviderTest {

  @Test
  void withTheModuleTheDeviceNamesItsWidthItsMachineCodeAndItsThreads() {
    CpuDeviceProvider provider = new CpuDeviceProvider();
    assertEquals(Optional.empty(), provider.unavailable());
    String code = MachineMatmul.find().map(found -> ", " + found.name()).orElse("");
    try (Device device = provider.open(2)) {
      assertEquals(
          "cpu (" + Lanes.BITS + "-bit vectors" + code + ", 2 threads)", device.description());
    }
  }

  @Test
  void withoutTheModuleTheReasonNamesTheFlag() throws Exception {
    String said = Forked.run(List.of(), WithoutModule.class);
    assertTrue(said.contains("--add-modules jdk.incubator.vector"), said);
    assertTrue(said.contains("scalar is usable"), said);
  }

  /** A process that was started without the flag. */
  static final class WithoutModule {

    private WithoutModule() {}

    public static void main(String[] arguments) {
      for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
        Optional<String> reason = provider.unavailable();
        if (reason.isPresent()) {
          assertThrows(IllegalStateException.class, () -> provider.open(1));
        }
        System.out.println(provider.name() + " " + reason.orElse("is usable"));
      }
    }
  }
}
