// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the machine is and what it can do: the limits that shares are counted of.
 *
 * @param processor name of the processor
 * @param cores cores that this process may use
 * @param vectorBits bits of the vectors that Java prefers here
 * @param java version of Java
 * @param oneThread plain reading, one thread, GB/s
 * @param oneThreadHuge the same in huge pages, where the system gives them
 * @param allThreads plain reading, one thread a core
 * @param allThreadsHuge the same in huge pages
 * @param floatGigaflops single-precision multiply-adds of one thread, counted twice each
 * @param shortGigaops 16-bit multiply-adds of one thread, counted twice each
 * @param allFloatGigaflops the same of one thread a core
 * @param allShortGigaops the same of one thread a core
 */
record Machine(
    String processor,
    int cores,
    int vectorBits,
    String java,
    double oneThread,
    double oneThreadHuge,
    double allThreads,
    double allThreadsHuge,
    double floatGigaflops,
    double shortGigaops,
    double allFloatGigaflops,
    double allShortGigaops) {

  private static final long REGION = 256L << 20;
  private static final int ROUNDS = 7;
  private static final int MADV_HUGEPAGE = 14;
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> S = ShortVector.SPECIES_PREFERRED;

  /** Measures this machine; takes some ten seconds. */
  static Machine measure() {
    int cores = Runtime.getRuntime().availableProcessors();
    return new Machine(
        processorName(),
        cores,
        F.vectorBitSize(),
        Runtime.version().toString(),
        bandwidth(1, false),
        bandwidth(1, true),
        bandwidth(cores, false),
        bandwidth(cores, true),
        peak(1, Machine::floats),
        peak(1, Machine::shorts),
        peak(cores, Machine::floats),
        peak(cores, Machine::shorts));
  }

  /** GB/s of reading alone, in huge pages if there are any. */
  double readBandwidth() {
    return Math.max(allThreads, allThreadsHuge);
  }

  /** Multiply-adds a nanosecond with all threads, counted twice each. */
  double peak(boolean floats) {
    return floats ? allFloatGigaflops : allShortGigaops;
  }

  /** The name, and the numbers that tell generations apart where a virtual machine hides it. */
  private static String processorName() {
    return info("model name")
        .map(name ->
            "%s (family %s, model %s)"
                .formatted(name, info("cpu family").orElse("?"), info("model\t").orElse("?")))
        .orElse(System.getProperty("os.arch"));
  }

  private static Optional<String> info(String key) {
    return line(Path.of("/proc/cpuinfo"), key)
        .map(line -> line.substring(line.indexOf(':') + 1).strip());
  }

  private static Optional<String> line(Path file, String prefix) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Files.readAllLines(file).stream().filter(line -> line.startsWith(prefix)).findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Memory that this process has resident now; 0 where the system does not tell. */
  static double residentMegabytes() {
    return line(Path.of("/proc/self/status"), "VmRSS:")
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6)
        .orElse(0.0);
  }

  /** The best of some rounds, in GB/s over all threads. */
  private static double bandwidth(int threads, boolean huge) {
    try (Arena arena = Arena.ofShared();
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<MemorySegment> regions = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        MemorySegment region = arena.allocate(REGION, 2 << 20);
        if (huge) {
          adviseHugePages(region);
        }
        region.fill((byte) 1);
        regions.add(region);
      }
      double best = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        List<CompletableFuture<Long>> sums =
            regions.stream()
                .map(region -> CompletableFuture.supplyAsync(() -> sum(region), pool))
                .toList();
        sums.forEach(CompletableFuture::join);
        best = Math.max(best, (double) REGION * threads / (System.nanoTime() - start));
      }
      return best;
    }
  }

  private static void adviseHugePages(MemorySegment region) {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> madvise = linker.defaultLookup().find("madvise");
    if (madvise.isEmpty()) {
      return;
    }
    try {
      int ignored =
          (int)
              linker
                  .downcallHandle(
                      madvise.get(),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.ADDRESS,
                          ValueLayout.JAVA_LONG,
                          ValueLayout.JAVA_INT))
                  .invokeExact(region, region.byteSize(), MADV_HUGEPAGE);
    } catch (Throwable e) {
      throw new IllegalStateException("madvise failed", e);
    }
  }

  /** Four sums, so that the additions do not wait for each other. */
  private static long sum(MemorySegment region) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (long at = 0; at < REGION; at += 32) {
      a += region.get(ValueLayout.JAVA_LONG, at);
      b += region.get(ValueLayout.JAVA_LONG, at + 8);
      c += region.get(ValueLayout.JAVA_LONG, at + 16);
      d += region.get(ValueLayout.JAVA_LONG, at + 24);
    }
    return a + b + c + d;
  }

  /** Does so many rounds of eight multiply-adds and gives operations done. */
  @FunctionalInterface
  private interface Work {
    long run(int rounds);
  }

  /** The best of some rounds, in operations a nanosecond over all threads. */
  private static double peak(int threads, Work work) {
    double best = 0;
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int round = 0; round < 30; round++) {
        long start = System.nanoTime();
        List<CompletableFuture<Long>> counts = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          counts.add(CompletableFuture.supplyAsync(() -> work.run(4_000_000), pool));
        }
        long operations = counts.stream().mapToLong(CompletableFuture::join).sum();
        best = Math.max(best, (double) operations / (System.nanoTime() - start));
      }
    }
    return best;
  }

  private static long floats(int rounds) {
    FloatVector a = FloatVector.broadcast(F, 1e-9f);
    FloatVector b = FloatVector.broadcast(F, 1e-9f);
    FloatVector c = FloatVector.broadcast(F, 1e-9f);
    FloatVector d = FloatVector.broadcast(F, 1e-9f);
    FloatVector e = FloatVector.broadcast(F, 1e-9f);
    FloatVector f = FloatVector.broadcast(F, 1e-9f);
    FloatVector g = FloatVector.broadcast(F, 1e-9f);
    FloatVector h = FloatVector.broadcast(F, 1e-9f);
    FloatVector x = FloatVector.broadcast(F, 0.5f);
    for (int i = 0; i < rounds; i++) {
      a = a.fma(x, x);
      b = b.fma(x, x);
      c = c.fma(x, x);
      d = d.fma(x, x);
      e = e.fma(x, x);
      f = f.fma(x, x);
      g = g.fma(x, x);
      h = h.fma(x, x);
    }
    float used = a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).lane(0);
    return Float.isNaN(used) ? 0 : 16L * F.length() * rounds;
  }

  private static long shorts(int rounds) {
    ShortVector a = ShortVector.zero(S);
    ShortVector b = ShortVector.zero(S);
    ShortVector c = ShortVector.zero(S);
    ShortVector d = ShortVector.zero(S);
    ShortVector e = ShortVector.zero(S);
    ShortVector f = ShortVector.zero(S);
    ShortVector g = ShortVector.zero(S);
    ShortVector h = ShortVector.zero(S);
    ShortVector x = ShortVector.broadcast(S, (short) 3);
    for (int i = 0; i < rounds; i++) {
      a = a.add(a.mul(x));
      b = b.add(b.mul(x));
      c = c.add(c.mul(x));
      d = d.add(d.mul(x));
      e = e.add(e.mul(x));
      f = f.add(f.mul(x));
      g = g.add(g.mul(x));
      h = h.add(h.mul(x));
    }
    short used = a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).lane(0);
    return used == 1 ? 0 : 16L * S.length() * rounds;
  }
}
