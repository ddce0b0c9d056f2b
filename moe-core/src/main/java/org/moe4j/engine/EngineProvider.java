// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.BadValue;
import org.moe4j.Expert;
import org.moe4j.MemoryPlan;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;
import org.moe4j.Progress;
import org.moe4j.Router;
import org.moe4j.decode.Decoder;
import org.moe4j.decode.PagePool;
import org.moe4j.decode.Weights;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.Device.FeedForwardWeights;
import org.moe4j.device.DeviceProvider;
import org.moe4j.family.Families;
import org.moe4j.format.ModelFile;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;
import org.moe4j.schedule.ExpertFailures;
import org.moe4j.schedule.Scheduler;
import org.moe4j.spi.ModelOptions;
import org.moe4j.spi.ModelOptions.ExpertId;
import org.moe4j.spi.ModelProvider;

/** Opens and describes models. */
public final class EngineProvider implements ModelProvider {

  /** Called by the service loader. */
  public EngineProvider() {}

  @Override
  public ModelInfo inspect(Path path) {
    try (ModelFile file = ModelFile.open(path)) {
      return Inspection.of(file);
    } catch (OutOfMemoryError e) {
      throw full(path, e);
    }
  }

  @Override
  public MemoryPlan plan(ModelOptions options) {
    try (ModelFile file = ModelFile.open(options.path())) {
      DeviceProvider device = Devices.choose(options.device());
      return new MemoryPlanner(device, file, Families.map(file), options).plan();
    } catch (OutOfMemoryError e) {
      throw full(options.path(), e);
    }
  }

  @Override
  public List<BadValue> checkValues(Path path) {
    try (ModelFile file = ModelFile.open(path)) {
      return ValueCheck.find(file, Runtime.getRuntime().availableProcessors(), _ -> {});
    } catch (OutOfMemoryError e) {
      throw full(path, e);
    }
  }

  @Override
  public MixtureModel open(ModelOptions options) {
    Opened opened = new Opened();
    try {
      return open(options, opened);
    } catch (OutOfMemoryError e) {
      opened.close();
      throw full(options.path(), e);
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  /** What is read is bounded by the size of the heap, but others may have filled it. */
  private static MixtureException.Rejected full(Path path, OutOfMemoryError e) {
    return new MixtureException.Rejected(
        "%s: memory ran out while the model was opened (%s); the Java heap may have %,d bytes, -Xmx gives it more"
            .formatted(path, e.getMessage(), Runtime.getRuntime().maxMemory()),
        null);
  }

  private static MixtureModel open(ModelOptions options, Opened opened) {
    Stages stages = new Stages(options.progress().orElse(null), options.checkValues() ? 0.5 : 0);
    stages.report("reading", 0);
    ModelFile file = opened.add(ModelFile.open(options.path()));
    ModelSpec spec = Families.map(file);
    TextParts text = TextParts.of(file);
    ModelInfo info = Inspection.of(file, spec, text);
    GenerationDefaults defaults = GenerationDefaults.of(file);
    checkReplacements(options, spec);
    int contextLength = options.contextLength().orElse(spec.contextLength());
    CacheLayout layout = CacheLayout.of(spec, options.cacheType());
    DeviceProvider provider = Devices.choose(options.device());
    long stateBytes = new MemoryPlanner(provider, file, spec, options).stateBytes();

    int threads = options.threads().orElse(Runtime.getRuntime().availableProcessors());
    if (options.checkValues()) {
      refuseBadValues(options.path(), ValueCheck.find(file, threads, stages::checked));
    }
    Device device = opened.add(provider.open(threads));
    ExpertFailures failures = new ExpertFailures();
    Weights weights =
        Weights.load(device, spec, replacements(options, failures), stages.weights(info.bytes()));
    Decoder decoder = opened.add(new Decoder(device, weights, options.batchRows()));
    PagePool pool = opened.add(new PagePool(device, layout, stateBytes));
    stages.report("ready", 1);
    Scheduler scheduler =
        new Scheduler("moe4j-engine", decoder, pool, options.queueLimit(), failures, opened::close);
    return new LoadedModel(
        new LoadedModel.Parts(
            info,
            contextLength,
            device,
            weights,
            options.experts().keySet(),
            new Prompts(options.path().toString(), text),
            defaults,
            scheduler));
  }

  private static void refuseBadValues(Path path, List<BadValue> found) {
    if (!found.isEmpty()) {
      BadValue first = found.getFirst();
      String more =
          found.size() == 1 ? "" : "; so are elements of %d more".formatted(found.size() - 1);
      throw new MixtureException.BadFile(
          path.toString(),
          first.tensor(),
          "element %d is %s%s".formatted(first.index(), first.value(), more),
          null);
    }
  }

  private static void checkReplacements(ModelOptions options, ModelSpec spec) {
    options.routers().keySet().forEach(layer -> mixture(spec, layer));
    for (ExpertId id : options.experts().keySet()) {
      int experts = mixture(spec, id.layer()).experts().size();
      if (id.index() < 0 || id.index() >= experts) {
        throw new MixtureException.BadRequest(
            "layer %d has experts 0 to %d, an expert was given for %d"
                .formatted(id.layer(), experts - 1, id.index()));
      }
    }
  }

  private static Mixture mixture(ModelSpec spec, int layer) {
    if (layer >= 0
        && layer < spec.layers().size()
        && spec.layers().get(layer).feedForward() instanceof Mixture mixture) {
      return mixture;
    }
    throw new MixtureException.BadRequest(
        "layer %d has no experts, a router or expert was given for it".formatted(layer));
  }

  private static Weights.Replacements replacements(ModelOptions options, ExpertFailures failures) {
    return new Weights.Replacements() {
      @Override
      public Router router(int layer, Router own) {
        return options.routers().getOrDefault(layer, own);
      }

      @Override
      public @Nullable FeedForwardWeights expert(int layer, int index, Device device) {
        Expert expert = options.experts().get(new ExpertId(layer, index));
        return expert == null
            ? null
            : device.load(
                failures.guard(layer, index, expert),
                "expert %d of layer %d".formatted(index, layer));
      }
    };
  }

  /** What is open so far, closed in the opposite order. */
  private static final class Opened {

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    <T extends AutoCloseable> T add(T part) {
      parts.push(part);
      return part;
    }

    void close() {
      while (!parts.isEmpty()) {
        try {
          parts.pop().close();
        } catch (Exception e) {
          System.getLogger("org.moe4j").log(System.Logger.Level.WARNING, "while closing", e);
        }
      }
    }
  }

  /**
   * Reports how far opening is and ends it when the listener says so.
   *
   * @param checks the share of checking values
   */
  private record Stages(@Nullable Progress progress, double checks) {

    void report(String stage, double fraction) {
      if (progress != null && !progress.update(stage, fraction)) {
        throw new MixtureException.Closed("opening was cancelled while " + stage);
      }
    }

    void checked(double done) {
      report("checking values", checks * done);
    }

    java.util.function.LongConsumer weights(long total) {
      long[] done = new long[1];
      return bytes -> {
        done[0] += bytes;
        double loaded = (double) done[0] / Math.max(1, total);
        report("loading weights", Math.min(0.99, checks + (1 - checks) * loaded));
      };
    }
  }
}
