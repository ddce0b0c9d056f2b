// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import static java.util.Locale.ROOT;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.CacheType;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;
import org.moe4j.demo.DemoModel;

/**
 * Compares engines on one file after the other: each engine in a process of its own, fresh for
 * every file. An engine that cannot do something is reported.
 */
final class Comparison {

  private final Journal journal;
  private final List<Peer.Recipe> recipes;
  private final Path models;
  private final File log;
  private final String workloads;
  private final int rounds;

  /**
   * Starts nothing yet.
   *
   * @param journal receives what is found
   * @param recipes the engines, this library first
   * @param models where files with random weights are kept
   * @param log where engines write what they have to say
   * @param workloads regular expression of the workloads, "rest" and "start" that are wanted
   * @param rounds rounds of each workload
   */
  Comparison(
      Journal journal,
      List<Peer.Recipe> recipes,
      Path models,
      File log,
      String workloads,
      int rounds) {
    this.journal = journal;
    this.recipes = List.copyOf(recipes);
    this.models = models;
    this.log = log;
    this.workloads = workloads;
    this.rounds = rounds;
  }

  private boolean isWanted(Object workload) {
    return workload.toString().matches(workloads);
  }

  /** Compares on one file what is wanted of it. */
  void run(Plan plan) throws IOException {
    List<Workload> wanted = plan.workloads().stream().filter(this::isWanted).toList();
    boolean rest = isWanted("rest");
    boolean start = plan.start() && isWanted("start");
    if (wanted.isEmpty() && !rest && !start) {
      return;
    }
    SyntheticModel model = plan.model();
    Path file = model == null ? DemoModel.path() : model.in(models);
    if (start) {
      start(plan, file);
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
      Contest contest = new Contest(journal, described, able);
      for (Workload workload : wanted) {
        contest.run(workload, rounds);
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
    Peer peer = recipe.start(log);
    try {
      long start = System.nanoTime();
      peer.ask(
          "open %d %d %d %s".formatted(room.sequences(), room.context(), room.positions(), file));
      double seconds = (System.nanoTime() - start) / 1e9;
      journal.say(
          String.format(ROOT, "%s: %s opened it in %.1f s", plan.name(), peer.name(), seconds));
      able.add(peer);
    } catch (IllegalStateException e) {
      journal.remark(plan.name() + ", " + e.getMessage());
      peer.close();
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
      journal.remark(plan.name() + ", " + e.getMessage());
    }
  }

  private static double allocated(Peer peer, Workload workload) {
    double before = peer.measure("allocated");
    peer.measure(workload.command());
    return peer.measure("allocated") - before;
  }

  private void start(Plan plan, Path file) throws IOException {
    readThrough(file);
    for (Peer.Recipe recipe : recipes) {
      if (recipe.format() == Peer.Format.GGUF) {
        try {
          StartUp start = StartUp.measure(recipe, file, log);
          String name = recipe.name();
          String model = plan.name();
          journal.finding(new Finding(model, name, "start to open", start.opened(), "s", ""));
          journal.finding(
              new Finding(model, name, "start to first token", start.firstToken(), "s", "below 3"));
          journal.finding(
              new Finding(model, name, "start to full speed", start.fullSpeed(), "s", "below 10"));
          journal.say(String.format(ROOT, "%s, %s: %s", model, name, start));
        } catch (IllegalStateException e) {
          journal.remark(plan.name() + ", " + e.getMessage());
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
    journal.finding(new Finding(plan.name(), peer.name(), what, value, unit, wanted));
    journal.say(
        String.format(ROOT, "%s, %s, %s: %.1f %s", plan.name(), peer.name(), what, value, unit));
  }
}
