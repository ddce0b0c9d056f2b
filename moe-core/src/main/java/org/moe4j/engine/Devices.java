// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.moe4j.MixtureException;
import org.moe4j.device.DeviceProvider;

/** Finds devices and chooses the one that is asked for. */
final class Devices {

  private static final System.Logger LOG = System.getLogger("org.moe4j");

  private Devices() {}

  /**
   * Chooses a device, which is not opened.
   *
   * @param name {@code auto} for the best that is usable, or a device's name
   */
  static DeviceProvider choose(String name) {
    List<DeviceProvider> providers = providers();
    if (!name.equals("auto")) {
      DeviceProvider provider =
          providers.stream()
              .filter(p -> p.name().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new MixtureException.BadRequest(
                      "device \"%s\" is unknown; known: auto, %s"
                          .formatted(name, names(providers))));
      provider
          .unavailable()
          .ifPresent(reason -> {
            throw new MixtureException.BadRequest(
                "device \"%s\" cannot be used here: %s".formatted(name, reason));
          });
      return provider;
    }
    for (DeviceProvider provider : providers) {
      Optional<String> reason = provider.unavailable();
      if (reason.isEmpty()) {
        return provider;
      }
      LOG.log(
          System.Logger.Level.WARNING,
          "device {0} is left out: {1}",
          provider.name(),
          reason.get());
    }
    throw new IllegalStateException("no device was found on the class path");
  }

  /** All devices, the preferred first. */
  private static List<DeviceProvider> providers() {
    List<DeviceProvider> providers = new ArrayList<>();
    ServiceLoader.load(DeviceProvider.class, Devices.class.getClassLoader())
        .forEach(providers::add);
    providers.sort(Comparator.comparingInt(DeviceProvider::priority).reversed());
    return providers;
  }

  private static String names(List<DeviceProvider> providers) {
    return providers.stream().map(DeviceProvider::name).collect(Collectors.joining(", "));
  }
}
