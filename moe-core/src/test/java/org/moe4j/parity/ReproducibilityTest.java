// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.CacheType;
import org.moe4j.demo.DemoModel;
import org.moe4j.device.DeviceProvider;

/**
 * The same model and tokens give the same bits, however many threads work and however warm the code
 * is.
 */
class ReproducibilityTest {

  // One step of many rows and one of a single row.
  private static final int ROWS = 12;
  private static final int PIECE = 11;

  @TempDir Path scratch;

  /** One of every kind of arithmetic: float and quantised weights, a window, a shared expert. */
  private static List<Path> models() {
    List<Path> models = new ArrayList<>(Fixtures.quantised());
    for (String name : List.of("mixtral-sliding", "qwen2moe-plain", "olmoe-clip-raw")) {
      models.add(Fixtures.resource("/parity/" + name));
    }
    return models;
  }

  private static Stream<DynamicTest> onEveryDevice(
      List<Path> models, BiConsumer<DeviceProvider, Path> test) {
    return Fixtures.devices().stream()
        .flatMap(device ->
            models.stream()
                .map(model ->
                    DynamicTest.dynamicTest(
                        device.name() + " " + model.getFileName(),
                        () -> test.accept(device, model))));
  }

  /** Tokens that every model here has, always the same. */
  private static int[] tokens() {
    return new Random(1).ints(ROWS, 0, 60).toArray();
  }

  private static Trace run(DeviceProvider device, Path path, int threads) {
    try (RunningModel model = new RunningModel(path, device, threads, CacheType.Q8_0)) {
      return model.read(tokens(), PIECE);
    }
  }

  @TestFactory
  Stream<DynamicTest> threadsDoNotMatter() {
    List<Path> models = new ArrayList<>(models());
    // Large enough that there is work for everybody.
    models.add(DemoModel.path());
    return onEveryDevice(
        models,
        (device, model) -> {
          Trace one = run(device, model, 1);
          for (int threads : new int[] {2, 3, 5}) {
            Compare.bits(one, run(device, model, threads), threads + " threads");
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> warmthDoesNotMatter() {
    return onEveryDevice(
        models(),
        (device, path) -> {
          try (RunningModel model = new RunningModel(path, device, 2, CacheType.Q8_0)) {
            Trace first = model.read(tokens(), PIECE);
            for (int i = 2; i <= 200; i++) {
              Compare.bits(first, model.read(tokens(), PIECE), "repetition " + i);
            }
          }
        });
  }

  /**
   * Code that has run before is optimised, so the cold side is a process without the optimising
   * compiler: there, the Vector API is plain Java.
   */
  @TestFactory
  Stream<DynamicTest> codeThatIsNeverOptimisedGivesTheSameBits() {
    return Fixtures.devices().stream()
        .map(device ->
            DynamicTest.dynamicTest(
                device.name(),
                () -> {
                  Path file = scratch.resolve(device.name());
                  runCold(device.name(), file);
                  ByteBuffer cold = ByteBuffer.wrap(Files.readAllBytes(file));
                  for (Path model : models()) {
                    compare(run(device, model, 2), cold, model.getFileName().toString());
                  }
                  assertEquals(0, cold.remaining());
                }));
  }

  private static void compare(Trace warm, ByteBuffer cold, String what) {
    Trace other = new Trace(new ArrayList<>(), warm.routing());
    for (float[] row : warm.logits()) {
      float[] values = new float[row.length];
      cold.asFloatBuffer().get(values);
      cold.position(cold.position() + row.length * Float.BYTES);
      other.logits().add(values);
    }
    Compare.bits(warm, other, what);
  }

  private static void runCold(String device, Path output) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-modules") || argument.startsWith("-XX:"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Cold.class.getName(),
            device,
            output.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
    assertTrue(process.waitFor(5, TimeUnit.MINUTES), "the cold process hangs");
    assertEquals(0, process.exitValue(), said);
  }

  /** The cold process: writes the logits of all models. */
  static final class Cold {

    private Cold() {}

    public static void main(String[] arguments) throws IOException {
      DeviceProvider device =
          Fixtures.devices().stream()
              .filter(each -> each.name().equals(arguments[0]))
              .findFirst()
              .orElseThrow();
      try (DataOutputStream out =
          new DataOutputStream(
              new BufferedOutputStream(Files.newOutputStream(Path.of(arguments[1]))))) {
        for (Path model : models()) {
          for (float[] row : run(device, model, 2).logits()) {
            for (float value : row) {
              out.writeInt(Float.floatToRawIntBits(value));
            }
          }
        }
      }
    }
  }
}
