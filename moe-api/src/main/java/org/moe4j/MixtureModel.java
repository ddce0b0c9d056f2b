// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.moe4j.spi.ModelOptions;
import org.moe4j.spi.ModelProvider;

/**
 * A language model, usually a mixture of experts, ready to answer. Safe for many callers at once:
 * their requests share steps, and an answer does not depend on who else is served.
 *
 * <pre>{@code
 * try (var model = MixtureModel.open(Path.of("qwen3-30b-a3b-q4_k_m.gguf"))) {
 *   System.out.println(model.generate("Why is the sky blue?").text());
 * }
 * }</pre>
 *
 * <p>Weights are shared and immutable. {@link #close()} ends running requests and gives back memory
 * maps, device memory and threads; calls after it throw {@link MixtureException.Closed}.
 */
public interface MixtureModel extends AutoCloseable {

  /**
   * Opens a model with the defaults of {@link #builder}.
   *
   * @param path a GGUF file (the first of a split set is enough) or a directory with config.json
   *     and safetensors
   * @throws MixtureException.BadFile if the files are missing or damaged
   * @throws MixtureException.Unsupported if the model needs what this version does not have
   */
  static MixtureModel open(Path path) {
    return builder(path).open();
  }

  /**
   * Starts to open a model with options.
   *
   * @param path a GGUF file (the first of a split set is enough) or a directory with config.json
   *     and safetensors
   */
  static Builder builder(Path path) {
    return new Builder(path);
  }

  /**
   * Describes a model without loading it; works for families that cannot be run, too.
   *
   * @param path a GGUF file (the first of a split set is enough) or a directory with config.json
   *     and safetensors
   * @throws MixtureException.BadFile if the files are missing or damaged
   */
  static ModelInfo inspect(Path path) {
    return Builder.provider().inspect(path);
  }

  /**
   * Reads every weight of a model and finds those that are no finite numbers; for the optional
   * check of files that nobody trusts. Tensors of types that cannot be computed with are left out;
   * {@link ModelInfo#unsupported()} names them.
   *
   * @param path a GGUF file (the first of a split set is enough) or a directory with config.json
   *     and safetensors
   * @return the first such weight of each tensor that has one, in the order of the file
   * @throws MixtureException.BadFile if the files are missing or damaged
   */
  static List<BadValue> checkValues(Path path) {
    return Builder.provider().checkValues(path);
  }

  /**
   * Answers a question: a chat with one user message where the model has a chat template, otherwise
   * the continuation of the text.
   *
   * @param text question or beginning
   * @throws MixtureException if the request is bad, rejected or fails
   */
  default Answer generate(String text) {
    Request.Builder request =
        info().chatTemplate().isEmpty()
            ? Request.prompt(text)
            : Request.chat(List.of(Message.user(text)));
    return generate(request.build());
  }

  /**
   * Generates and waits: {@code start(request).await()}.
   *
   * @param request what to generate
   * @throws MixtureException if the request is bad, rejected or fails
   */
  default Answer generate(Request request) {
    return start(request).await();
  }

  /**
   * Starts to generate.
   *
   * @param request what to generate
   * @return the handle to the running answer
   * @throws MixtureException.BadRequest if the request cannot be carried out
   * @throws MixtureException.Rejected if the queue is full
   */
  Generation start(Request request);

  /**
   * Scores given tokens: for each its log-probability after those before it.
   *
   * @param tokens token ids, at least one, at most a context
   * @param details what to keep besides
   * @throws MixtureException if the request is bad, rejected or fails
   */
  Scores score(int[] tokens, Scores.Detail... details);

  /** What the model is and what it costs. */
  ModelInfo info();

  /** The device it runs on, in words, such as {@code cpu (512-bit vectors, 2 threads)}. */
  String device();

  /**
   * The model's tokenizer.
   *
   * @throws MixtureException.Unsupported if the files have none or one of an unknown kind
   */
  Tokenizer tokenizer();

  /**
   * The prompt that the model's chat template makes, with the opening of the answer.
   *
   * @param messages the turns so far
   * @param tools tools the model may call, as JSON-like maps
   * @param variables further variables of the template; {@code add_generation_prompt} is true
   *     unless set here
   * @throws MixtureException.BadRequest if there is no template or it refuses the messages
   */
  String render(
      List<Message> messages, List<Map<String, Object>> tools, Map<String, Object> variables);

  /**
   * The router of a layer: the family's own rule as a value, or what the builder put in its place.
   *
   * @param layer a layer with experts
   * @throws MixtureException.BadRequest if that layer has no experts
   */
  Router router(int layer);

  /**
   * An expert, to look at or to apply to rows.
   *
   * @param layer a layer with experts
   * @param index {@code 0 <= index <} number of experts
   * @throws MixtureException.BadRequest if there is no such expert
   */
  Expert expert(int layer, int index);

  /**
   * Ends running requests as cancelled, waits for the step in progress and gives everything back.
   * Idempotent; an open but idle model uses no processor time.
   */
  @Override
  void close();

  /** Collects the options of a model. Not safe for concurrent use. */
  final class Builder {

    private final Path path;
    private String device = "auto";
    private @Nullable Integer threads;
    private @Nullable Integer contextLength;
    private CacheType cacheType = CacheType.F16;
    private @Nullable Long memoryLimit;
    private boolean checkValues;
    private int batchRows = 512;
    private int queueLimit = 256;
    private @Nullable Progress progress;
    private final Map<Integer, Router> routers = new HashMap<>();
    private final Map<ModelOptions.ExpertId, Expert> experts = new HashMap<>();

    private Builder(Path path) {
      this.path = Objects.requireNonNull(path);
    }

    /**
     * Where to run.
     *
     * @param name {@code auto} (the default: the fastest that is usable), {@code cpu}, {@code
     *     scalar}, {@code cuda}
     */
    public Builder device(String name) {
      device = Objects.requireNonNull(name);
      return this;
    }

    /**
     * Number of worker threads, the caller's own counted; as many as the process has cores by
     * default.
     *
     * @param count at least 1
     */
    public Builder threads(int count) {
      threads = atLeastOne("threads", count);
      return this;
    }

    /**
     * The most tokens a sequence may hold, prompt and answer together; the model's own context by
     * default.
     *
     * @param tokens at least 1
     */
    public Builder contextLength(int tokens) {
      contextLength = atLeastOne("context length", tokens);
      return this;
    }

    /**
     * How keys and values of past tokens are stored, {@link CacheType#F16} by default.
     *
     * @param type cache type
     */
    public Builder cacheType(CacheType type) {
      cacheType = Objects.requireNonNull(type);
      return this;
    }

    /**
     * The most bytes to use for weights and sequence state; a model or request that does not fit is
     * refused.
     *
     * @param bytes at least 1
     */
    public Builder memoryLimit(long bytes) {
      if (bytes < 1) {
        throw new MixtureException.BadRequest("memory limit must be at least 1 byte, was " + bytes);
      }
      memoryLimit = bytes;
      return this;
    }

    /**
     * Whether every weight is read first and a file with NaN or infinity in it is refused; not by
     * default, since it takes as long as reading the whole file.
     *
     * @param check whether to
     */
    public Builder checkValues(boolean check) {
      checkValues = check;
      return this;
    }

    /**
     * The most rows (tokens) of one step, 512 by default: longer prompts are read in pieces of this
     * size.
     *
     * @param rows at least 1
     */
    public Builder batchRows(int rows) {
      batchRows = atLeastOne("batch rows", rows);
      return this;
    }

    /**
     * The most requests that wait for a place, 256 by default; one more is rejected at once.
     *
     * @param requests at least 1
     */
    public Builder queueLimit(int requests) {
      queueLimit = atLeastOne("queue limit", requests);
      return this;
    }

    /**
     * Tells how far opening is, and can end it.
     *
     * @param listener called from the opening thread
     */
    public Builder progress(Progress listener) {
      progress = Objects.requireNonNull(listener);
      return this;
    }

    /**
     * Puts a router in the place of a layer's own.
     *
     * @param layer a layer with experts
     * @param router the router
     */
    public Builder router(int layer, Router router) {
      routers.put(layer, Objects.requireNonNull(router));
      return this;
    }

    /**
     * Puts an expert in the place of one of the model's.
     *
     * @param layer a layer with experts
     * @param index index of the expert to replace
     * @param expert the expert
     */
    public Builder expert(int layer, int index, Expert expert) {
      experts.put(new ModelOptions.ExpertId(layer, index), Objects.requireNonNull(expert));
      return this;
    }

    /**
     * Tells how much memory the model will take with these options; nothing is loaded.
     *
     * @throws MixtureException.BadFile if the files are missing or damaged
     * @throws MixtureException.Unsupported if the model needs what this version does not have
     */
    public MemoryPlan plan() {
      return provider().plan(options());
    }

    /**
     * Opens the model.
     *
     * @throws MixtureException.Rejected if it does not fit into memory, at once and with both
     *     numbers
     * @throws MixtureException if it cannot be opened or was cancelled; nothing stays open then
     */
    public MixtureModel open() {
      return provider().open(options());
    }

    private ModelOptions options() {
      return new ModelOptions(
          path,
          device,
          threads == null ? OptionalInt.empty() : OptionalInt.of(threads),
          contextLength == null ? OptionalInt.empty() : OptionalInt.of(contextLength),
          cacheType,
          memoryLimit == null ? OptionalLong.empty() : OptionalLong.of(memoryLimit),
          checkValues,
          batchRows,
          queueLimit,
          Optional.ofNullable(progress),
          routers,
          experts);
    }

    private static int atLeastOne(String name, int value) {
      if (value < 1) {
        throw new MixtureException.BadRequest(name + " must be at least 1, was " + value);
      }
      return value;
    }

    private static ModelProvider provider() {
      return ServiceLoader.load(ModelProvider.class, MixtureModel.class.getClassLoader())
          .findFirst()
          .orElseThrow(() ->
              new IllegalStateException(
                  "no implementation found: add org.moe4j:moe-core to the class path"));
    }
  }
}
