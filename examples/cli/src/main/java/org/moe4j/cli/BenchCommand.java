// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.moe4j.CacheType;
import org.moe4j.MixtureModel;
import org.moe4j.bench.Measurement;
import org.moe4j.bench.Samples;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Measures speed as llama-bench does. */
@Command(
    name = "bench",
    description = {
      "Measures speed: random ids, greedy, medians over the repetitions, after a warm-up.",
      "pp is prompt tokens a second from an empty cache, tg generated tokens a second after 16"
          + " tokens,",
      "first_token_s the time from the call to the first token of the pp request, rss_mb the most"
          + " memory",
      "the process had resident, load_s the time to open the model."
    },
    sortOptions = false)
final class BenchCommand implements Callable<Integer> {

  private static final int MOST_WARM_UPS = 8;

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Option(names = "--prompt", paramLabel = "N", description = "Prompt tokens; 512 if left out.")
  private int prompt = 512;

  @Option(names = "--gen", paramLabel = "N", description = "Generated tokens; 64 if left out.")
  private int gen = 64;

  @Option(names = "--reps", paramLabel = "N", description = "Repetitions; 3 if left out.")
  private int reps = 3;

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Sequences that are generated together; tg is their sum; 1 if left out.")
  private int batch = 1;

  @Option(
      names = "--depth",
      paramLabel = "D",
      description = "Tokens that are in the cache already; 0 if left out.")
  private int depth = 0;

  @Option(names = "--json", description = "One JSON object on the last line.")
  private boolean json;

  @Override
  public Integer call() {
    atLeast("--prompt", prompt, 1);
    atLeast("--gen", gen, 1);
    atLeast("--reps", reps, 1);
    atLeast("--batch", batch, 1);
    atLeast("--depth", depth, 0);
    // Speed can be measured beyond the length that the model was trained for.
    int context = Measurement.context(prompt, gen, depth);
    long start = System.nanoTime();
    try (MixtureModel model = common.open(CacheType.F16, context)) {
      double loadSeconds = (System.nanoTime() - start) / 1e9;
      Measurement measurement = new Measurement(model, new Random(20260101));
      List<Double> firstTokens = new ArrayList<>();
      DoubleSupplier read =
          () -> {
            Measurement.Reading reading = measurement.read(prompt, depth);
            firstTokens.add(reading.firstToken());
            return reading.seconds();
          };
      DoubleSupplier generate = () -> measurement.generate(gen, batch, depth);
      warmUp(read, generate);
      firstTokens.clear();
      double pp = prompt / Samples.of(read, reps).median();
      double tg = (double) gen * batch / Samples.of(generate, reps).median();
      report(model, loadSeconds, pp, tg, new Samples(firstTokens).median());
      return Main.DONE;
    }
  }

  private void atLeast(String option, int value, int least) {
    if (value < least) {
      throw new ParameterException(
          spec.commandLine(), "%s must be at least %d, was %d".formatted(option, least, value));
    }
  }

  private void warmUp(DoubleSupplier read, DoubleSupplier generate) {
    try (LoadBar bar = LoadBar.start("warming up", common.quiet())) {
      Samples.warmUp(read, MOST_WARM_UPS);
      bar.update(0.5);
      Samples.warmUp(generate, MOST_WARM_UPS);
    }
  }

  private void report(
      MixtureModel model, double loadSeconds, double pp, double tg, double firstToken) {
    Double memory = peakMegabytes();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      map.put("pp", pp);
      map.put("tg", tg);
      map.put("load_s", loadSeconds);
      map.put("first_token_s", firstToken);
      map.put("rss_mb", memory);
      map.put("device", model.device());
      map.put("threads", common.threads());
      out.println(JsonMapper.shared().writeValueAsString(map));
    } else {
      out.printf(Locale.ROOT, "%s on %s%n", model.info().path(), model.device());
      out.printf(
          Locale.ROOT,
          "loaded in %.2f s; first token of a prompt of %d after %.3f s%s%n",
          loadSeconds,
          depth + prompt,
          firstToken,
          memory == null ? "" : String.format(Locale.ROOT, "; %.0f MB resident at most", memory));
      String at = depth == 0 ? "" : " @ " + depth;
      out.printf(Locale.ROOT, "pp %d%s: %.2f tokens/s%n", prompt, at, pp);
      out.printf(
          Locale.ROOT, "tg %d%s%s: %.2f tokens/s%n", gen, batch == 1 ? "" : " x " + batch, at, tg);
    }
    out.flush();
  }

  /**
   * The most memory the process ever had resident, mapped weights included; null where only Linux
   * could tell.
   */
  private static @Nullable Double peakMegabytes() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .map(line -> Arrays.asList(line.split("\\s+")).get(1))
          .map(kilobytes -> Long.parseLong(kilobytes) / 1024.0)
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      return null;
    }
  }
}
