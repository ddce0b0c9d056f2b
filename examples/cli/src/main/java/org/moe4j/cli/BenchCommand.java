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
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.moe4j.CacheType;
import org.moe4j.MixtureModel;
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
      "pp is prompt tokens a second from an empty cache, tg generated tokens a second after 16 tokens,",
      "first_token_s the time from the call to the first token of the pp request, rss_mb the most memory",
      "the process had resident, load_s the time to open the model."
    },
    sortOptions = false)
final class BenchCommand implements Callable<Integer> {

  private static final int MOST_WARM_UPS = 8;
  private static final double WARM_UP_SECONDS = 30;
  private static final double STEADY = 0.03;

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
    int context = Math.addExact(depth, Math.max(prompt, Measurement.BEFORE_GENERATING + gen) + 2);
    long start = System.nanoTime();
    try (MixtureModel model = common.open(CacheType.F16, context)) {
      double loadSeconds = (System.nanoTime() - start) / 1e9;
      Measurement measurement =
          new Measurement(model, new Random(20260101), prompt, gen, batch, depth);
      warmUp(measurement);
      List<Measurement.Rates> rates = new ArrayList<>();
      for (int rep = 0; rep < reps; rep++) {
        rates.add(measurement.run());
      }
      report(model, loadSeconds, rates);
      return Main.DONE;
    }
  }

  private void atLeast(String option, int value, int least) {
    if (value < least) {
      throw new ParameterException(
          spec.commandLine(), "%s must be at least %d, was %d".formatted(option, least, value));
    }
  }

  /** Until compiled code no longer makes it faster, or long enough. */
  private void warmUp(Measurement measurement) {
    try (LoadBar bar = LoadBar.start("warming up", common.quiet())) {
      long start = System.nanoTime();
      Measurement.Rates best = measurement.run();
      for (int run = 1; run < MOST_WARM_UPS; run++) {
        double seconds = (System.nanoTime() - start) / 1e9;
        if (seconds > WARM_UP_SECONDS) {
          return;
        }
        bar.update(Math.max((double) run / MOST_WARM_UPS, seconds / WARM_UP_SECONDS));
        Measurement.Rates next = measurement.run();
        if (next.pp() < best.pp() * (1 + STEADY) && next.tg() < best.tg() * (1 + STEADY)) {
          return;
        }
        best =
            new Measurement.Rates(
                Math.max(best.pp(), next.pp()), Math.max(best.tg(), next.tg()), next.firstToken());
      }
    }
  }

  private void report(MixtureModel model, double loadSeconds, List<Measurement.Rates> rates) {
    double pp = median(rates, Measurement.Rates::pp);
    double tg = median(rates, Measurement.Rates::tg);
    double firstToken = median(rates, Measurement.Rates::firstToken);
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

  private static double median(
      List<Measurement.Rates> rates, ToDoubleFunction<Measurement.Rates> value) {
    double[] sorted = rates.stream().mapToDouble(value).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
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
