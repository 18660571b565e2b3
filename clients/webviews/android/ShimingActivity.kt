// The holder's pages in an Android WebView (API 24 and newer). Start it with the address that your server has made:
//   startActivity(Intent(this, ShimingActivity::class.java).putExtra("url", url))
// AndroidManifest.xml:
//   <uses-permission android:name="android.permission.CAMERA" />
//   <uses-permission android:name="android.permission.INTERNET" />
//   <uses-feature android:name="android.hardware.camera" android:required="false" />
//   <activity android:name=".ShimingActivity" android:exported="false"
//             android:configChanges="orientation|screenSize|keyboardHidden|smallestScreenSize|screenLayout" />
// configChanges: turned over, the activity would be made anew, and the address works once.
package app.your.shiming

import android.Manifest.permission.CAMERA
import android.content.Intent
import android.content.pm.PackageManager.PERMISSION_GRANTED
import android.net.Uri
import android.os.Bundle
import android.webkit.*
import androidx.activity.ComponentActivity
import androidx.activity.result.contract.ActivityResultContracts.GetContent
import androidx.activity.result.contract.ActivityResultContracts.RequestPermission
import androidx.core.content.ContextCompat.checkSelfPermission

class ShimingActivity : ComponentActivity() {
    private lateinit var view: WebView
    private lateinit var home: Uri
    private var asked: PermissionRequest? = null
    private var choosing: ValueCallback<Array<Uri>>? = null

    // Trap: the app's permission and the page's are two. The page's is granted when the app has its own.
    private val camera = registerForActivityResult(RequestPermission()) { granted -> answer(granted) }
    // Trap: without this <input type=file> does nothing.
    private val picture = registerForActivityResult(GetContent()) { uri ->
        choosing?.onReceiveValue(if (uri == null) null else arrayOf(uri))
        choosing = null
    }

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        val url = intent.getStringExtra("url") ?: return finish()
        home = Uri.parse(url)
        view = WebView(this)
        setContentView(view)
        view.settings.apply {
            javaScriptEnabled = true
            domStorageEnabled = true                     // Trap: without it nothing can be taken up again
            mediaPlaybackRequiresUserGesture = false     // the camera's own picture is a video
            allowFileAccess = false
            mixedContentMode = WebSettings.MIXED_CONTENT_NEVER_ALLOW
        }
        view.webViewClient = Client()
        view.webChromeClient = Chrome()
        if (saved == null) view.loadUrl(url) else view.restoreState(saved)
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        view.saveState(state)
    }

    override fun onDestroy() {
        view.destroy()                                   // or the camera's light stays on
        super.onDestroy()
    }

    private fun ours(uri: Uri) = uri.scheme == home.scheme && uri.authority == home.authority

    private fun answer(granted: Boolean) {
        val request = asked ?: return
        asked = null
        // The camera and nothing else, whatever a page asks for. Refused, the page says what to do.
        if (granted) request.grant(arrayOf(PermissionRequest.RESOURCE_VIDEO_CAPTURE)) else request.deny()
    }

    private inner class Client : WebViewClient() {
        // The last page leads to your return_url: there the activity ends, and your server knows how it went.
        override fun shouldOverrideUrlLoading(view: WebView, request: WebResourceRequest): Boolean {
            if (ours(request.url)) return false
            setResult(RESULT_OK, Intent().setData(request.url))
            finish()
            return true
        }
        // No onReceivedSslError: its default refuses, and must.
    }

    private inner class Chrome : WebChromeClient() {
        override fun onPermissionRequest(request: PermissionRequest) = runOnUiThread {
            if (!ours(request.origin) || PermissionRequest.RESOURCE_VIDEO_CAPTURE !in request.resources) {
                request.deny()
            } else {
                asked = request
                if (checkSelfPermission(this@ShimingActivity, CAMERA) == PERMISSION_GRANTED) answer(true)
                else camera.launch(CAMERA)
            }
        }

        override fun onShowFileChooser(view: WebView, done: ValueCallback<Array<Uri>>, of: FileChooserParams): Boolean {
            choosing?.onReceiveValue(null)
            choosing = done
            picture.launch("image/*")
            return true
        }
    }
}
