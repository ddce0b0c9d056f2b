// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.moe4j.CacheType;
import org.moe4j.MemoryPlan;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.Router;
import org.moe4j.decode.Weights;
import org.moe4j.demo.DemoModel;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.Device.FeedForwardWeights;
import org.moe4j.family.Families;
import org.moe4j.format.ModelFile;
import org.moe4j.model.ModelSpec;

/** What is planned before a model is loaded is what it takes then. */
class MemoryPlanTest {

  private static final CpuDeviceProvider PROVIDER = new CpuDeviceProvider();

  /** Nothing is put in the place of the model's own. */
  private static final Weights.Replacements OWN =
      new Weights.Replacements() {
        @Override
        public Router router(int layer, Router own) {
          return own;
        }

        @Override
        public @Nullable FeedForwardWeights expert(int layer, int index, Device device) {
          return null;
        }
      };

  /** The demo model, one of each tensor type, and a small one of each family. */
  static List<Path> models() throws IOException, URISyntaxException {
    List<Path> models = new ArrayList<>(List.of(DemoModel.path()));
    for (String folder : List.of("/llamacpp/quantised", "/packed", "/parity")) {
      Path path = Path.of(Objects.requireNonNull(MemoryPlanTest.class.getResource(folder)).toURI());
      try (Stream<Path> entries = Files.list(path)) {
        entries
            .filter(each -> Files.isDirectory(each) || each.toString().endsWith(".gguf"))
            .sorted()
            .forEach(models::add);
      }
    }
    return models;
  }

  @ParameterizedTest
  @MethodSource("models")
  void weightsTakeWhatWasPlanned(Path path) {
    MemoryPlan plan = MixtureModel.builder(path).device("cpu").plan();
    try (ModelFile file = ModelFile.open(path);
        CpuDevice device = (CpuDevice) PROVIDER.open(1)) {
      Weights.load(device, Families.map(file), OWN, _ -> {});
      double taken = device.weightBytes();
      assertEquals(taken, (double) plan.weights(), 0.1 * taken, path.toString());
    }
  }

  @ParameterizedTest
  @EnumSource
  void pagesTakeWhatWasPlanned(CacheType type) throws IOException, URISyntaxException {
    for (Path path : models()) {
      MemoryPlan plan =
          MixtureModel.builder(path).device("cpu").cacheType(type).contextLength(640).plan();
      try (ModelFile file = ModelFile.open(path);
          Device device = PROVIDER.open(1)) {
        ModelSpec spec = Families.map(file);
        CacheLayout layout = CacheLayout.of(spec, type);
        long page = ((CpuPage) device.allocatePage(layout)).bytes();
        double taken = 640 / CacheLayout.PAGE_POSITIONS * page + layout.recurrentBytes();
        assertEquals(taken, (double) plan.cache(), 0.1 * taken, path.toString());
      }
    }
  }

  @Test
  void theScalarDeviceLeavesWeightsInTheFile() {
    MemoryPlan plan = MixtureModel.builder(DemoModel.path()).device("scalar").plan();
    assertTrue(plan.weights() < plan.mapped() / 100, plan::toString);
    assertEquals(1024, plan.contextLength());
    assertEquals(6 * 2 * 2 * 64 * 2 * 1024, plan.cache());
  }

  @Test
  void whatDoesNotFitIsRefusedAtOnceWithBothNumbers() {
    MixtureModel.Builder builder =
        MixtureModel.builder(DemoModel.path()).device("cpu").contextLength(512);
    MemoryPlan plan = builder.plan();
    assertTrue(plan.fits());
    assertTrue(plan.available() > 1L << 28, plan::toString);
    builder.memoryLimit(plan.required()).open().close();
    MemoryPlan tight = builder.memoryLimit(plan.required() - 1).plan();
    assertFalse(tight.fits());
    List<String> stages = new ArrayList<>();
    MixtureException.Rejected refusal =
        assertThrows(
            MixtureException.Rejected.class,
            () -> builder.progress((stage, fraction) -> stages.add(stage)).open());
    for (long number : new long[] {tight.required(), tight.available()}) {
      String shown = String.format(Locale.ROOT, "%,d", number);
      assertTrue(refusal.getMessage().contains(shown), refusal.getMessage());
    }
    assertEquals(List.of("reading"), stages);
  }

  @Test
  void stepsThatTheHeapCannotHoldAreRefusedAtOnceWithBothNumbers() {
    MixtureModel.Builder builder = MixtureModel.builder(DemoModel.path()).batchRows(100_000_000);
    MemoryPlan plan = builder.plan();
    assertFalse(plan.fits());
    MixtureException.Rejected refusal =
        assertThrows(MixtureException.Rejected.class, builder::open);
    for (long number : new long[] {plan.heap(), plan.availableHeap()}) {
      String shown = String.format(Locale.ROOT, "%,d", number);
      assertTrue(refusal.getMessage().contains(shown), refusal.getMessage());
    }
  }
}
