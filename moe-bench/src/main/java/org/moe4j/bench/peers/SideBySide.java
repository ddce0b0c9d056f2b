// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static java.util.Locale.ROOT;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.moe4j.CacheType;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;
import org.moe4j.bench.Samples;
import org.moe4j.demo.DemoModel;
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

  private static final int WARM_UPS = 4;

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

  private final List<String> descriptions = new ArrayList<>();
  private final List<Result> results = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

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
    say("measuring the machine");
    Machine machine = Machine.measure();
    for (Peer.Recipe recipe : recipes) {
      try (Peer peer = recipe.start(log())) {
        descriptions.add(peer.ask("describe"));
      } catch (IllegalStateException e) {
        remark("left out: " + e.getMessage());
      }
    }
    for (Plan plan : Plan.all(full)) {
      if (plan.name().matches(only)) {
        compare(plan, recipes);
        report(machine).write(out);
      }
    }
    PrintWriter console = spec.commandLine().getOut();
    console.println(report(machine).text());
    console.flush();
    return 0;
  }

  private Report report(Machine machine) {
    return new Report(machine, descriptions, results, findings, remarks);
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

  private void say(String text) {
    PrintWriter console = spec.commandLine().getOut();
    console.println(text);
    console.flush();
  }

  private void remark(String text) {
    remarks.add(text);
    say(text);
  }

  private boolean isWanted(Object workload) {
    return workload.toString().matches(workloads);
  }

  private void compare(Plan plan, List<Peer.Recipe> recipes) throws IOException {
    List<Workload> wanted = plan.workloads().stream().filter(this::isWanted).toList();
    boolean rest = isWanted("rest");
    boolean start = plan.start() && isWanted("start");
    if (wanted.isEmpty() && !rest && !start) {
      return;
    }
    SyntheticModel model = plan.model();
    Path file = model == null ? DemoModel.path() : model.in(models);
    if (start) {
      start(plan, file, recipes);
    }
    if (wanted.isEmpty() && !rest) {
      return;
    }
    ModelInfo info = MixtureModel.inspect(file);
    long output = (long) info.vocabularySize() * info.hiddenSize();
    boolean floats = model != null && model.mix() == SyntheticModel.Mix.F16;
    Result.Model described =
        new Result.Model(
            plan.name(),
            info.activeBytesPerToken(),
            2 * (info.activeParameters() - output),
            floats);
    Engine.Room room = room(wanted);
    List<Peer> able = new ArrayList<>();
    try {
      for (Peer.Recipe recipe : recipes) {
        @Nullable Path readable = recipe.format() == Peer.Format.GGUF ? file : jlamaModel(model);
        if (readable != null) {
          open(plan, recipe, readable, room, able);
        }
      }
      for (Workload workload : wanted) {
        compare(described, workload, able);
      }
      if (rest) {
        able.stream()
            .filter(peer -> peer.name().equals("MoE4J"))
            .forEach(peer -> rest(plan, info, room, peer));
      }
    } finally {
      able.forEach(Peer::close);
    }
  }

  /** Room for all workloads; for something short where there are none. */
  private static Engine.Room room(List<Workload> workloads) {
    int sequences = 1;
    int context = Workload.generate(64, 1).context();
    int positions = context;
    for (Workload workload : workloads) {
      sequences = Math.max(sequences, workload.sequences());
      context = Math.max(context, workload.context());
      positions = Math.max(positions, workload.sequences() * workload.context());
    }
    return new Engine.Room(sequences, context, positions);
  }

  /** Jlama's directory with the same shape; null where it knows none. */
  private @Nullable Path jlamaModel(@Nullable SyntheticModel model) throws IOException {
    boolean known =
        model != null
            && model.shape().architecture().equals("llama")
            && model.mix() == SyntheticModel.Mix.Q4_0;
    return known ? new JlamaModel(model.shape()).in(models) : null;
  }

  private void open(Plan plan, Peer.Recipe recipe, Path file, Engine.Room room, List<Peer> able)
      throws IOException {
    Peer peer = recipe.start(log());
    try {
      long start = System.nanoTime();
      peer.ask(
          "open %d %d %d %s".formatted(room.sequences(), room.context(), room.positions(), file));
      double seconds = (System.nanoTime() - start) / 1e9;
      say(String.format(ROOT, "%s: %s opened it in %.1f s", plan.name(), peer.name(), seconds));
      able.add(peer);
    } catch (IllegalStateException e) {
      remark(plan.name() + ", " + e.getMessage());
      peer.close();
    }
  }

  /** One workload, all engines in turn. Those that fail at it leave the list. */
  private void compare(Result.Model model, Workload workload, List<Peer> peers) {
    List<Contest> contests = new ArrayList<>();
    for (Peer peer : List.copyOf(peers)) {
      Contest contest = new Contest(peer, workload);
      // What is deep takes its time, and the code is warm from the workloads before.
      int warmUps = workload.isDeep() ? 0 : WARM_UPS;
      if (attempt(model, peers, contest, () -> Samples.warmUp(contest::seconds, warmUps))) {
        contests.add(contest);
      }
    }
    for (int round = 0; round < rounds; round++) {
      for (Contest contest : List.copyOf(contests)) {
        if (!attempt(model, peers, contest, contest::round)) {
          contests.remove(contest);
        }
      }
    }
    for (Contest contest : contests) {
      Samples rates = new Samples(contest.rates);
      results.add(new Result(model, workload, contest.peer.name(), rates));
      say(
          String.format(
              ROOT,
              "%s, %s, %s: %.1f tokens/s",
              model.name(),
              workload,
              contest.peer.name(),
              rates.median()));
    }
  }

  /** What one engine does on one workload. */
  private static final class Contest {
    private final Peer peer;
    private final Workload workload;
    private final List<Double> rates = new ArrayList<>();

    Contest(Peer peer, Workload workload) {
      this.peer = peer;
      this.workload = workload;
    }

    double seconds() {
      return peer.measure(workload.command());
    }

    void round() {
      rates.add(workload.rate(seconds()));
    }
  }

  /** Whether it could be done. An engine that is dead leaves the list, too. */
  private boolean attempt(Result.Model model, List<Peer> peers, Contest contest, Runnable action) {
    try {
      action.run();
      return true;
    } catch (IllegalStateException e) {
      remark("%s, %s: %s".formatted(model.name(), contest.workload, e.getMessage()));
      if (!contest.peer.isAlive()) {
        contest.peer.close();
        peers.remove(contest.peer);
      }
      return false;
    }
  }

  /** Memory, allocation and idling after all workloads of a file. */
  private void rest(Plan plan, ModelInfo info, Engine.Room room, Peer peer) {
    try {
      Workload few = Workload.generate(8, 1);
      Workload many = Workload.generate(64, 1);
      peer.measure(many.command());
      double bytes =
          (allocated(peer, many) - allocated(peer, few)) / (many.tokens() - few.tokens());
      add(plan, peer, "allocated on the Java heap for a token", bytes, "bytes", "0");
      double wanted =
          (1.25 * info.bytes() + info.cacheBytes(room.positions(), CacheType.F16)) / 1e6 + 400;
      add(
          plan,
          peer,
          "resident memory",
          peer.measure("memory"),
          "MB",
          String.format(ROOT, "at most %.0f", wanted));
      add(plan, peer, "busy while open but idle", 100 * peer.measure("idle 3000") / 3, "%", "0");
    } catch (IllegalStateException e) {
      remark(plan.name() + ", " + e.getMessage());
    }
  }

  private static double allocated(Peer peer, Workload workload) {
    double before = peer.measure("allocated");
    peer.measure(workload.command());
    return peer.measure("allocated") - before;
  }

  private void start(Plan plan, Path file, List<Peer.Recipe> recipes) throws IOException {
    readThrough(file);
    for (Peer.Recipe recipe : recipes) {
      if (recipe.format() == Peer.Format.GGUF) {
        try {
          StartUp start = StartUp.measure(recipe, file, log());
          String name = recipe.name();
          String model = plan.name();
          findings.add(new Finding(model, name, "start to open", start.opened(), "s", ""));
          findings.add(
              new Finding(model, name, "start to first token", start.firstToken(), "s", "below 3"));
          findings.add(
              new Finding(model, name, "start to full speed", start.fullSpeed(), "s", "below 10"));
          say(String.format(ROOT, "%s, %s: %s", model, name, start));
        } catch (IllegalStateException e) {
          remark(plan.name() + ", " + e.getMessage());
        }
      }
    }
  }

  /** Brings a file into the page cache. */
  private static void readThrough(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }

  private void add(Plan plan, Peer peer, String what, double value, String unit, String wanted) {
    findings.add(new Finding(plan.name(), peer.name(), what, value, unit, wanted));
    say(String.format(ROOT, "%s, %s, %s: %.1f %s", plan.name(), peer.name(), what, value, unit));
  }
}
