import { createApp } from 'vue'
import 'element-plus/es/components/base/style/css'
import App from './App.vue'
import './console.css'

createApp(App).mount('#app')
