package androidx.work

import android.content.Context
import java.util.concurrent.TimeUnit

abstract class ListenableWorker(context: Context, parameters: WorkerParameters) {
    abstract class Result {
        companion object {
            external fun success(): Result

            external fun retry(): Result

            external fun failure(): Result
        }
    }
}

class WorkerParameters

abstract class CoroutineWorker(context: Context, parameters: WorkerParameters) : ListenableWorker(context, parameters) {
    abstract suspend fun doWork(): Result
}

enum class NetworkType { CONNECTED }

enum class ExistingPeriodicWorkPolicy { UPDATE }

class Constraints {
    class Builder {
        fun setRequiredNetworkType(type: NetworkType): Builder = this

        fun build(): Constraints = Constraints()
    }
}

class PeriodicWorkRequest {
    class Builder(worker: Class<out ListenableWorker>, every: Long, unit: TimeUnit) {
        fun setConstraints(constraints: Constraints): Builder = this

        fun build(): PeriodicWorkRequest = PeriodicWorkRequest()
    }
}

abstract class WorkManager {
    abstract fun enqueueUniquePeriodicWork(name: String, policy: ExistingPeriodicWorkPolicy, request: PeriodicWorkRequest)

    companion object {
        external fun getInstance(context: Context): WorkManager
    }
}
