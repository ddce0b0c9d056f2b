// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Compares engines: each in a process of its own, fresh for every file, on the same weights, round
 * by round in turn, so that a change of the machine's mood meets all of them. Files with random
 * weights are made on first use. An engine that cannot do something, or dies of it, is reported and
 * the run goes on.
 */
@Command(
    name = "side-by-side",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Compares MoE4J with llama.cpp and Jlama on the same weights, in turn.")
public final class SideBySide implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--llama",
      paramLabel = "DIR",
      description =
          "Folder with libllama and libggml (bins/linux-x64 of @node-llama-cpp/linux-x64 3.22.1);"
              + " left out: without llama.cpp.")
  private @Nullable Path llama;

  @Option(
      names = "--jlama",
      paramLabel = "CLASSPATH",
      description =
          "Jars of Jlama 0.8.4 and what it needs, as mvn dependency:build-classpath -f"
              + " moe-bench/jlama/pom.xml prints them; left out: without Jlama.")
  private @Nullable String jlama;

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
      description =
          "Workloads whose name matches, such as \"read 512\" or \"generate 64 x 4\"; \"rest\" is"
              + " memory, allocation and idling, \"start\" how the engines start.")
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

  @Option(
      names = "--full",
      description = "Everything, however long it takes; without it, what takes 40 minutes.")
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
    Files.createDirectories(out);
    List<Peer.Recipe> recipes = recipes();
    Journal journal = new Journal(spec.commandLine().getOut());
    journal.say("measuring the machine");
    Machine machine = Machine.measure();
    for (Peer.Recipe recipe : recipes) {
      try (Peer peer = recipe.start(log())) {
        journal.engine(peer.ask("describe"));
      } catch (IllegalStateException e) {
        journal.remark("left out: " + e.getMessage());
      }
    }
    Comparison comparison = new Comparison(journal, recipes, models, log(), workloads, rounds);
    for (Plan plan : Plan.all(full)) {
      if (plan.name().matches(only)) {
        comparison.run(plan);
        journal.report(machine).write(out);
      }
    }
    journal.say(journal.report(machine).text());
    return 0;
  }

  private List<Peer.Recipe> recipes() {
    String own = System.getProperty("java.class.path");
    String count = String.valueOf(threads);
    List<Peer.Recipe> recipes = new ArrayList<>();
    recipes.add(
        new Peer.Recipe("MoE4J", Peer.Format.GGUF, List.of("moe4j", device, count), jvmFlags, own));
    if (llama != null) {
      recipes.add(
          new Peer.Recipe(
              "llama.cpp",
              Peer.Format.GGUF,
              List.of("llama.cpp", llama.toString(), count),
              List.of("-Xmx256m"),
              own));
    }
    if (jlama != null) {
      recipes.add(
          new Peer.Recipe(
              "Jlama",
              Peer.Format.JLAMA,
              List.of("jlama", "-", count),
              List.of(
                  // As its own launcher does.
                  "-Djdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK=0",
                  "--add-opens=jdk.incubator.vector/jdk.incubator.vector=ALL-UNNAMED",
                  "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED"),
              // Its own versions of what both use come first.
              jlama + File.pathSeparator + own));
    }
    return recipes;
  }

  private File log() {
    return out.resolve("engines.log").toFile();
  }
}
