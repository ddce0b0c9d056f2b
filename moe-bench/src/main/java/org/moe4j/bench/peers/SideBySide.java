// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureModel;
import org.moe4j.demo.DemoModel;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Compares engines: each in a process of its own, on the same files, round by round in turn, so
 * that a change of the machine's mood meets all of them. Files with random weights are made on
 * first use.
 */
@Command(
    name = "side-by-side",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Compares MoE4J with llama.cpp on the same files, in turn.")
public final class SideBySide implements Callable<Integer> {

  private static final int WARM_UPS = 3;

  @Spec private CommandSpec spec;

  @Option(
      names = "--llama",
      paramLabel = "DIR",
      description =
          "Folder with libllama and libggml (bins/linux-x64 of @node-llama-cpp/linux-x64 3.22.1);"
              + " without it MoE4J runs alone.")
  private @Nullable Path llama;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Where files with random weights are kept; ${DEFAULT-VALUE} if left out.")
  private Path models = Path.of(System.getProperty("java.io.tmpdir"), "moe4j-models");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the results go; ${DEFAULT-VALUE} if left out.")
  private Path out = Path.of("side-by-side");

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      description = "Files whose name, such as \"mixtral-mini Q4_0\", matches.")
  private String only = ".*";

  @Option(
      names = "--workloads",
      paramLabel = "REGEX",
      description = "Workloads whose name, such as \"generate 64 x 4\", matches.")
  private String workloads = ".*";

  @Option(names = "--rounds", paramLabel = "N", description = "Rounds; 5 if left out.")
  private int rounds = 5;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of each engine; all cores if left out.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "Device of MoE4J; cpu if left out.")
  private String device = "cpu";

  @Option(
      names = "--jvm",
      paramLabel = "FLAG",
      description = "A further JVM flag of MoE4J's process; may be repeated.")
  private List<String> jvmFlags = new ArrayList<>();

  @Option(names = "--full", description = "All files, however long it takes.")
  private boolean full;

  /** For picocli. */
  public SideBySide() {}

  /**
   * Runs the comparison.
   *
   * @param arguments options, see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new SideBySide()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter log = spec.commandLine().getOut();
    log.println("measuring the machine");
    log.flush();
    Machine machine = Machine.measure();
    List<Peer> peers = new ArrayList<>();
    try {
      peers.add(Peer.start("MoE4J", List.of("moe4j", device, String.valueOf(threads)), jvmFlags));
      if (llama != null) {
        peers.add(
            Peer.start(
                "llama.cpp",
                List.of("llama.cpp", llama.toString(), String.valueOf(threads)),
                List.of("-Xmx256m")));
      }
      List<String> descriptions = new ArrayList<>();
      for (Peer peer : peers) {
        descriptions.add(peer.ask("describe"));
      }
      List<Result> results = new ArrayList<>();
      for (Plan plan : Plan.all(full)) {
        if (plan.name().matches(only)) {
          results.addAll(compare(plan, peers, log));
          new Report(machine, descriptions, results).write(out);
        }
      }
      log.println(new Report(machine, descriptions, results).table());
      log.flush();
      return 0;
    } finally {
      for (Peer peer : peers) {
        peer.close();
      }
    }
  }

  private List<Result> compare(Plan plan, List<Peer> peers, PrintWriter log) throws IOException {
    SyntheticModel model = plan.model();
    Path file = model == null ? DemoModel.path() : model.in(models);
    long bytes = MixtureModel.inspect(file).activeBytesPerToken();
    int context = plan.workloads().stream().mapToInt(Workload::context).max().orElseThrow();
    int sequences = plan.workloads().stream().mapToInt(Workload::sequences).max().orElseThrow();
    List<Peer> able = new ArrayList<>();
    for (Peer peer : peers) {
      try {
        long start = System.nanoTime();
        peer.ask("open %d %d %s".formatted(sequences, context, file));
        log.printf(
            Locale.ROOT,
            "%s: %s opened it in %.1f s%n",
            plan.name(),
            peer.name(),
            (System.nanoTime() - start) / 1e9);
        able.add(peer);
      } catch (IllegalStateException e) {
        log.println(plan.name() + ": left out, " + e.getMessage());
      }
    }
    log.flush();
    List<Result> results = new ArrayList<>();
    for (Workload workload : plan.workloads()) {
      if (workload.toString().matches(workloads)) {
        results.addAll(compare(plan, workload, bytes, able, log));
      }
    }
    return results;
  }

  private List<Result> compare(
      Plan plan, Workload workload, long bytes, List<Peer> peers, PrintWriter log) {
    List<List<Double>> rates = new ArrayList<>();
    for (Peer peer : peers) {
      rates.add(new ArrayList<>());
      for (int i = 0; i < WARM_UPS; i++) {
        peer.measure(workload.command());
      }
    }
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < peers.size(); i++) {
        rates.get(i).add(workload.rate(peers.get(i).measure(workload.command())));
      }
    }
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < peers.size(); i++) {
      Result result = new Result(plan.name(), workload, peers.get(i).name(), rates.get(i), bytes);
      results.add(result);
      log.printf(
          Locale.ROOT,
          "%s, %s, %s: %.1f tokens/s%n",
          plan.name(),
          workload,
          peers.get(i).name(),
          result.median());
    }
    log.flush();
    return results;
  }
}
